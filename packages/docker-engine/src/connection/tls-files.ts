import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { errnoOf, invalidOption, messageOf } from '@flotilla/core/authoring'
import type { TlsTexts } from './connection.js'

/** Whose option it is: the constructor, and the field as its caller wrote it. */
export interface OptionName {
  readonly constructor: string
  readonly field: string
}

/**
 * The texts that the option `tls` means.
 *
 * @throws FlotillaError `invalid-options`, which never shows a key
 */
export function readTlsOption(tls: unknown, name: OptionName): TlsTexts {
  const { ca, cert, key, certPath } = (tls ?? {}) as Readonly<Record<string, unknown>>
  if (typeof certPath === 'string' && certPath !== '' && ca === undefined) {
    return readTlsDirectory(certPath, { ...name, field: `${name.field}.certPath` })
  }
  const isGiven = isPem(ca) && (cert === undefined ? key === undefined : isPem(cert) && isPem(key))
  if (isGiven) return { ca, ...(isPem(cert) && isPem(key) ? { cert, key } : {}) }
  throw invalidOption(
    name.constructor,
    name.field,
    typeof tls,
    'the PEM texts ca, cert and key, or a certPath',
  )
}

const isPem = (text: unknown): text is string => typeof text === 'string' && text.includes('-----BEGIN')

/**
 * A directory with `ca.pem`, and `cert.pem` with `key.pem` where the engine asks for them.
 *
 * @throws FlotillaError `invalid-options`
 */
export function readTlsDirectory(directory: string, { constructor, field }: OptionName): TlsTexts {
  const read = (file: string): string | undefined => {
    try {
      return readFileSync(join(directory, file), 'utf8')
    } catch (error) {
      if (errnoOf(error) === 'ENOENT') return undefined
      throw invalidOption(constructor, field, directory, `readable: ${messageOf(error)}`)
    }
  }
  const [ca, cert, key] = [read('ca.pem'), read('cert.pem'), read('key.pem')]
  if (ca === undefined || (cert === undefined) !== (key === undefined)) {
    const expected = 'a directory with ca.pem, and with cert.pem and key.pem where the engine asks for them'
    throw invalidOption(constructor, field, directory, expected)
  }
  return { ca, cert, key }
}
