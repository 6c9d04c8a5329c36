import { mkdtemp, rm } from 'node:fs/promises'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { DockerApi, EngineEvent, PullProgress } from '../../src/api/docker-api.js'
import { dockerodeApi, readPullLine } from '../../src/api/dockerode-api.js'
import { fromDocker, isNotModified, openDocker } from '@flotilla/docker-engine'

const forever = (): AbortSignal => new AbortController().signal
const call = { signal: forever() }

interface Asked {
  readonly method: string
  readonly url: URL
  readonly body: string
  readonly headers: IncomingMessage['headers']
}

const closing: (() => Promise<void>)[] = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** An engine that answers as told, behind a socket of its own, and the client on it. */
async function bench(
  answer: (response: ServerResponse, asked: Asked) => void,
): Promise<{ api: DockerApi; asked: Asked[]; server: Server; socketPath: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-dockerode-'))
  const socketPath = join(directory, 'd.sock')
  const asked: Asked[] = []
  const server = createServer((request, response) => {
    let body = ''
    request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk))
    request.on('end', () => {
      const { method = '', url = '', headers } = request
      const one = { method, url: new URL(url, 'http://d'), body, headers }
      asked.push(one)
      answer(response, one)
    })
  })
  await new Promise<void>((resolve) => void server.listen(socketPath, resolve))
  const api = dockerodeApi(openDocker({ kind: 'socket', path: socketPath }))
  closing.push(async () => {
    api.close()
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
    await rm(directory, { recursive: true })
  })
  return { api, asked, server, socketPath }
}

const json = (response: ServerResponse, status: number, value: unknown): void =>
  void response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(value))

describe('the client', () => {
  it('asks for every container with the label, stopped ones too', async () => {
    const { api, asked } = await bench((response) => json(response, 200, []))
    expect(await api.listContainers('flotilla.group', call)).toEqual([])
    expect(asked[0]?.method).toBe('GET')
    expect(asked[0]?.url.pathname).toBe('/containers/json')
    expect(asked[0]?.url.searchParams.get('all')).toBe('true')
    expect(JSON.parse(asked[0]?.url.searchParams.get('filters') ?? '')).toEqual({ label: ['flotilla.group'] })
  })

  it('puts nothing of a container into the address but its name', async () => {
    const { api, asked } = await bench((response) => json(response, 201, { Id: 'abc' }))
    const body = { Image: 'web:1', Labels: {}, HostConfig: {}, Env: ['PASSWORD=hunter2'] }
    expect(await api.createContainer('web-1', body, call)).toBe('abc')
    expect(asked[0]?.url.search).toBe('?name=web-1')
    expect(JSON.parse(asked[0]?.body ?? '')).toEqual(body)
  })

  it('says how long to wait, and that what was made goes too', async () => {
    const { api, asked } = await bench((response) => void response.writeHead(204).end())
    await api.stopContainer('abc', 7, call)
    await api.removeContainer('abc', call)
    await api.startContainer('abc', call)
    expect(asked.map(({ method, url }) => `${method} ${url.pathname}${url.search}`)).toEqual([
      'POST /containers/abc/stop?t=7',
      'DELETE /containers/abc?force=true&v=true',
      'POST /containers/abc/start',
    ])
  })

  it('asks for one answer of counters, not for a stream', async () => {
    const { api, asked } = await bench((response) => json(response, 200, { read: '' }))
    await api.containerStats('abc', call)
    expect(Object.fromEntries(asked[0]?.url.searchParams ?? [])).toEqual({
      stream: 'false',
      'one-shot': 'true',
    })
  })

  it('throws a success that dockerode takes for an error as one that is known', async () => {
    const { api } = await bench((response) => void response.writeHead(304).end())
    const error = await api.startContainer('abc', call).catch((thrown: unknown) => thrown)
    expect(isNotModified(error)).toBe(true)
  })

  it('pulls with the registry’s credentials in a header, tells how it goes, and ends when it is there', async () => {
    const { api, asked } = await bench((response) => {
      response.writeHead(200)
      response.write(
        '{"status":"Pulling from web","id":"1"}\r\n{"status":"Downloading","id":"a3","progressDetail":',
      )
      response.end('{"current":1,"total":2}}\r\n{"status":"Pull complete"}')
    })
    const heard: PullProgress[] = []
    const auth = { username: 'ops', password: 'hunter2' }
    await api.pullImage({ image: 'registry.example/web:1', auth, onProgress: (one) => heard.push(one) }, call)
    expect(heard).toEqual([
      { status: 'Pulling from web', layer: '1' },
      { status: 'Downloading', layer: 'a3', currentBytes: 1, totalBytes: 2 },
      { status: 'Pull complete' },
    ])
    expect(asked[0]?.url.search).toBe('?fromImage=registry.example%2Fweb%3A1')
    const header = String(asked[0]?.headers['x-registry-auth'])
    expect(JSON.parse(Buffer.from(header, 'base64url').toString())).toEqual(auth)
  })

  it('fails a pull that breaks after it began, which comes with status 200', async () => {
    const { api } = await bench((response) => {
      response.writeHead(200)
      response.end(
        '{"status":"Pulling"}\n{"errorDetail":{"message":"x"},"error":"toomanyrequests: rate limit"}\n',
      )
    })
    const thrown: unknown = await api.pullImage({ image: 'web:1' }, call).catch((error: unknown) => error)
    expect(fromDocker(thrown, { what: 'pull', target: 't' }).code).toBe('rate-limited')
  })

  it('gives events as they come, cut anywhere, until its signal aborts', async () => {
    let response: ServerResponse | undefined
    const { api, asked } = await bench((opened) => {
      response = opened
      opened.writeHead(200).flushHeaders()
    })
    const controller = new AbortController()
    const filters = { type: 'container', actions: ['die'], label: 'flotilla.group' } as const
    const events = await api.openEvents(filters, { signal: controller.signal })
    const line = `${JSON.stringify({ Type: 'container', Action: 'die', Actor: { ID: 'é', Attributes: {} } })}\n`
    const bytes = Buffer.from(line + line)
    const heard: EngineEvent[] = []
    const over = (async () => {
      for await (const event of events) heard.push(event)
    })()
    for (const at of [0, 40, 55, 56])
      response?.write(bytes.subarray(at, at === 0 ? 40 : at === 40 ? 55 : at === 55 ? 56 : undefined))
    while (heard.length < 2) await new Promise((resolve) => void setImmediate(resolve))
    expect(heard.map(({ Actor }) => Actor.ID)).toEqual(['é', 'é'])
    expect(JSON.parse(asked[0]?.url.searchParams.get('filters') ?? '')).toEqual({
      type: ['container'],
      event: ['die'],
      label: ['flotilla.group'],
    })
    controller.abort(new Error('enough'))
    await over
  })

  it('throws when the daemon goes away under the events', async () => {
    const { api, server } = await bench((response) => response.writeHead(200).flushHeaders())
    const events = await api.openEvents({ type: 'container', actions: ['die'], label: 'l' }, call)
    const next = events[Symbol.asyncIterator]().next()
    server.closeAllConnections()
    const thrown: unknown = await next.catch((error: unknown) => error)
    expect(fromDocker(thrown, { what: 'watch', target: 't' }).code).toBe('unavailable')
  })

  it('breaks a call off when its signal aborts', async () => {
    const { api } = await bench(() => {})
    const controller = new AbortController()
    const pending = api
      .inspectContainer('abc', { signal: controller.signal })
      .catch((error: unknown) => error)
    setImmediate(() => controller.abort(new Error('enough')))
    expect(await pending).toMatchObject({ code: 'ABORT_ERR' })
  })

  it('goes where it is told, whatever DOCKER_HOST says', async () => {
    const { api: _, socketPath, asked } = await bench((response) => void response.writeHead(200).end('OK'))
    const before = { ...process.env }
    Object.assign(process.env, { DOCKER_HOST: 'tcp://192.0.2.1:2375', DOCKER_TLS_VERIFY: '1' })
    try {
      const api = dockerodeApi(openDocker({ kind: 'socket', path: socketPath }))
      await api.ping(call)
      api.close()
    } finally {
      for (const name of ['DOCKER_HOST', 'DOCKER_TLS_VERIFY']) {
        const value = before[name]
        if (value === undefined) delete process.env[name]
        else process.env[name] = value
      }
    }
    expect(asked).toHaveLength(1)
  })
})

describe('a line about a pull', () => {
  it('that says nothing is nothing', () => {
    expect([null, 1, {}, { progressDetail: {} }].map(readPullLine)).toEqual([
      undefined,
      undefined,
      undefined,
      undefined,
    ])
  })
})
