import { type Socket } from 'node:net'
import { describe, expect, it } from 'vitest'
import { errorCodeOf } from '../../src/http/connection-fault.js'
import { selfSigned } from '../kit/certificate.js'
import { thrownBy } from '../kit/thrown-by.js'
import { limits, realServers } from '../kit/real-servers.js'

const { file, serve } = realServers()

describe('over a real connection', () => {
  it('the client of Node carries the calls', async () => {
    const { client } = await serve()
    expect((await client().compute.limits()).instances.limit).toBe(2000)
  })

  it('nobody there is told as that', async () => {
    const { server, client } = await serve()
    await server.close()
    const error: unknown = await client()
      .whoAmI()
      .catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({ code: 'unavailable', retryable: true, maybeDone: false })
    expect(errorCodeOf((error as Error).cause)).toBe('ECONNREFUSED')
    expect(String(error)).toContain('ECONNREFUSED')
  })

  it('a connection that is cut after the request leaves open whether it was done', async () => {
    const { fake, server, client } = await serve()
    const cloud = client({ retries: { count: 3, delayMs: 1 } })
    await cloud.whoAmI()
    fake.on('POST', '/compute/v2.1/servers', () => {
      server.server.closeAllConnections()
      return { status: 202 }
    })
    await expect(cloud.compute.servers.create({ name: 'a', flavorId: '1' })).rejects.toMatchObject({
      code: 'unavailable',
      maybeDone: true,
    })
    expect(fake.seen('/compute/v2.1/servers')).toHaveLength(1)
  })

  it('a call that is given up closes its connection', async () => {
    const { fake, server, client } = await serve()
    const cloud = client()
    await cloud.compute.limits()
    const closed = new Promise<void>((resolve) => {
      server.server.once('request', (request: { socket: Socket }) =>
        request.socket.once('close', () => resolve()),
      )
    })
    fake.on('GET', limits, () => new Promise(() => {}))
    const stop = new AbortController()
    const ended = thrownBy(cloud.compute.limits({ signal: stop.signal }))
    setTimeout(() => stop.abort(new Error('enough')), 20)
    expect(await ended).toMatchObject({ message: 'enough' })
    await closed
  })
})

describe('TLS', () => {
  it('is not trusted without its authority, and that is said', async () => {
    const { client } = await serve(selfSigned('cloud'))
    await expect(client().whoAmI()).rejects.toMatchObject({
      code: 'unavailable',
      retryable: false,
      message: expect.stringMatching(/TLS: look at the CA file/),
    })
  })

  it('is trusted with the CA file, and not with another', async () => {
    const certificate = selfSigned('cloud')
    const { client } = await serve(certificate)
    expect(
      (await client({ caFile: file('ca.pem', certificate.cert) }).compute.limits()).instances.limit,
    ).toBe(2000)
    const other = client({ caFile: file('other.pem', selfSigned('other').cert) })
    await expect(other.whoAmI()).rejects.toMatchObject({ code: 'unavailable', retryable: false })
  })

  it('carries an upload as it is, with its length', async () => {
    const certificate = selfSigned('cloud')
    const { fake, client } = await serve(certificate)
    const bytes = new Uint8Array(700_000).fill(65)
    fake.on('PUT', '/image/v2/images/i/file', { status: 204 })
    await client({ caFile: file('ca.pem', certificate.cert) }).image.upload('i', { bytes })
    const sent = fake.seen('/image/v2/images/i/file')[0]
    expect([sent?.text.length, sent?.headers.get('content-length')]).toEqual([700_000, '700000'])
  })

  it('is not looked at when that is asked for, and only then', async () => {
    const { client } = await serve(selfSigned('cloud'))
    expect(await client({ insecure: true }).whoAmI()).toMatchObject({ projectName: 'lab' })
    await expect(client({ insecure: false }).whoAmI()).rejects.toMatchObject({ code: 'unavailable' })
  })

  it('with a client certificate lets in who has it', async () => {
    const certificate = selfSigned('cloud')
    const mine = selfSigned('client')
    const { client } = await serve({
      ...certificate,
      requestCert: true,
      rejectUnauthorized: true,
      ca: mine.cert,
    })
    const caFile = file('ca.pem', certificate.cert)
    const certFile = file('client.pem', mine.cert)
    expect(await client({ caFile, certFile, keyFile: file('key.pem', mine.key) }).whoAmI()).toMatchObject({
      userName: 'autoscaler',
    })
    // Both in one file, as some keep them.
    const both = file('both.pem', `${mine.cert}${mine.key}`)
    expect(await client({ caFile, certFile: both }).whoAmI()).toMatchObject({ userName: 'autoscaler' })
    await expect(client({ caFile }).whoAmI()).rejects.toMatchObject({ code: 'unavailable' })
  })
})
