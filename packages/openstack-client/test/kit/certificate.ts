import { createSign, generateKeyPairSync, X509Certificate } from 'node:crypto'

/** A certificate and its key, made for one run. */
export interface TestCertificate {
  readonly cert: string
  readonly key: string
}

const piece = (tag: number, ...parts: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(parts)
  const { length } = body
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 255]
  return Buffer.concat([Buffer.from([tag, ...size]), body])
}

const sequence = (...parts: readonly Uint8Array[]): Buffer => piece(0x30, ...parts)
const oid = (hex: string): Buffer => piece(0x06, Buffer.from(hex, 'hex'))
const octets = (...parts: readonly Uint8Array[]): Buffer => piece(0x04, ...parts)
const isTrue = piece(0x01, Buffer.from([0xff]))
const time = (at: number): Buffer =>
  piece(0x17, Buffer.from(`${new Date(at).toISOString().replace(/[-:T]/g, '').slice(2, 14)}Z`))

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'))

/** A certificate for 127.0.0.1 that signs itself, and so is its own authority: X.509 v3, P-256. */
export function selfSigned(name: string): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  const subject = sequence(piece(0x31, sequence(oid('550403'), piece(0x0c, Buffer.from(name)))))
  const dayMs = 86_400_000
  const extensions = sequence(
    sequence(oid('551d13'), isTrue, octets(sequence(isTrue))),
    // Its address, as iPAddress.
    sequence(oid('551d11'), octets(sequence(piece(0x87, Buffer.from([127, 0, 0, 1]))))),
  )
  const body = sequence(
    piece(0xa0, piece(0x02, Buffer.from([2]))),
    piece(0x02, Buffer.from([1])),
    ecdsaWithSha256,
    subject,
    sequence(time(Date.now() - dayMs), time(Date.now() + dayMs)),
    subject,
    publicKey.export({ type: 'spki', format: 'der' }),
    piece(0xa3, extensions),
  )
  const signature = createSign('sha256').update(body).sign(privateKey)
  const whole = sequence(body, ecdsaWithSha256, piece(0x03, Buffer.from([0]), signature))
  return {
    cert: new X509Certificate(whole).toString(),
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
  }
}
