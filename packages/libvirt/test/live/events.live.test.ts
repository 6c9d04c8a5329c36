import { readdir, readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { connect } from '../../src/connect.js'
import type { LifecycleEvent } from '../../src/domain-types.js'
import type { LibvirtConnection } from '../../src/libvirt-connection.js'
import { liveUri, removeDomains, tinyDomainXml, uniqueName, until } from './live-kit.js'

describe('a connection to a real daemon', () => {
  let connection: LibvirtConnection
  const prefix = uniqueName('events')
  beforeAll(async () => {
    connection = await connect(liveUri)
  })
  afterAll(async () => {
    await removeDomains(connection, prefix)
    await connection.close()
  })

  it('tells every step of a domain’s life, in order', async () => {
    const { heard, stop } = await listen(connection)
    const domain = await connection.domainDefineXmlFlags(tinyDomainXml(`${prefix}-told`))
    const { uuid } = domain
    await connection.domainCreateWithFlags(domain, 1)
    await connection.domainResume(domain)
    await connection.domainDestroyFlags(domain)
    await connection.domainUndefineFlags(domain)
    const words = (): string[] =>
      heard.filter((event) => event.domain.uuid === uuid).map((event) => `${event.event} ${event.detail}`)
    await until('the last is heard', () => words().includes('undefined 0'))
    expect(words()).toEqual([
      'defined 0',
      'started 0',
      'suspended 0',
      'resumed 0',
      'shutdown 2',
      'stopped 1',
      'undefined 0',
    ])
    await stop()
  })

  it('sees QEMU killed as a failure', async () => {
    const { heard, stop } = await listen(connection)
    const domain = await connection.domainDefineXmlFlags(tinyDomainXml(`${prefix}-killed`))
    await connection.domainCreateWithFlags(domain, 1)
    process.kill(await qemuOf(domain.uuid), 'SIGKILL')
    await until('it is heard', () =>
      heard.some((event) => event.domain.uuid === domain.uuid && event.event === 'stopped'),
    )
    expect(heard.at(-1)).toMatchObject({ event: 'stopped', detail: 5 })
    expect(await connection.domainGetState(domain)).toEqual({ state: 'shutoff', reason: 3 })
    await connection.domainUndefineFlags(domain)
    await stop()
  })

  it('tells what the host can run', async () => {
    expect(await connection.connectGetHostname()).not.toBe('')
    expect(await connection.connectGetCapabilities()).toContain('<capabilities>')
    expect(await connection.connectGetDomainCapabilities({ virtualization: 'qemu' })).toContain(
      '<domain>qemu</domain>',
    )
  })

  it('that only reads is refused what changes anything', async () => {
    const reader = await connect(liveUri, { readOnly: true })
    await expect(reader.domainDefineXmlFlags(tinyDomainXml(`${prefix}-never`))).rejects.toMatchObject({
      code: 29,
    })
    expect(await reader.connectListAllDomains()).toBeInstanceOf(Array)
    await reader.close()
  })

  it('carries a thousand calls at once', async () => {
    const versions = await Promise.all(Array.from({ length: 1000 }, () => connection.connectGetLibVersion()))
    expect(new Set(versions).size).toBe(1)
  })
})

type DomainEvent = Extract<LifecycleEvent, { kind: 'lifecycle' }>

/** Everything from now on, of all domains. */
async function listen(
  connection: LibvirtConnection,
): Promise<{ heard: readonly DomainEvent[]; stop: () => Promise<void> }> {
  const controller = new AbortController()
  const heard: DomainEvent[] = []
  const events = connection.lifecycleEvents({ signal: controller.signal })[Symbol.asyncIterator]()
  expect((await events.next()).value).toEqual({ kind: 'listening' })
  const reading = (async () => {
    for (let next = await events.next(); next.done !== true; next = await events.next())
      if (next.value.kind === 'lifecycle') heard.push(next.value)
  })()
  return {
    heard,
    async stop() {
      controller.abort()
      await reading
    },
  }
}

/** The process of a domain, by the UUID on its command line. */
async function qemuOf(uuid: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(`-uuid\0${uuid}`)) return Number(name)
  }
  throw new Error(`no QEMU of ${uuid}`)
}
