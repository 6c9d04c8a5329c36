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
    const stop = new AbortController()
    const heard: string[] = []
    const reading = (async () => {
      for await (const event of connection.lifecycleEvents({ signal: stop.signal }))
        heard.push(describeEvent(event))
    })()
    const name = `${prefix}-told`
    const domain = await connection.domainDefineXmlFlags(tinyDomainXml(name))
    await connection.domainCreateWithFlags(domain, 1)
    await connection.domainResume(domain)
    await connection.domainDestroyFlags(domain)
    await connection.domainUndefineFlags(domain)
    await until('the last is heard', () => heard.includes(`${name} undefined 0`))
    expect(heard.filter((line) => line.startsWith(name)).map((line) => line.slice(name.length + 1))).toEqual([
      'defined 0',
      'started 0',
      'suspended 0',
      'resumed 0',
      'shutdown 2',
      'stopped 1',
      'undefined 0',
    ])
    stop.abort()
    await reading
  })

  it('sees QEMU killed as a failure', async () => {
    const stop = new AbortController()
    const heard: LifecycleEvent[] = []
    const reading = (async () => {
      for await (const event of connection.lifecycleEvents({ signal: stop.signal })) heard.push(event)
    })()
    const domain = await connection.domainDefineXmlFlags(tinyDomainXml(`${prefix}-killed`))
    await connection.domainCreateWithFlags(domain, 1)
    process.kill(await qemuOf(domain.uuid), 'SIGKILL')
    await until('it is heard', () =>
      heard.some(
        (event) =>
          event.kind === 'lifecycle' && event.domain.uuid === domain.uuid && event.event === 'stopped',
      ),
    )
    expect(heard.at(-1)).toMatchObject({ event: 'stopped', detail: 5 })
    expect(await connection.domainGetState(domain)).toEqual({ state: 'shutoff', reason: 3 })
    await connection.domainUndefineFlags(domain)
    stop.abort()
    await reading
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

const describeEvent = (event: LifecycleEvent): string =>
  event.kind === 'lifecycle' ? `${event.domain.name} ${event.event} ${event.detail}` : event.kind

/** The process of a domain, by the UUID on its command line. */
async function qemuOf(uuid: string): Promise<number> {
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue
    const command = await readFile(`/proc/${name}/cmdline`, 'utf8').catch(() => '')
    if (command.includes(`-uuid\0${uuid}`)) return Number(name)
  }
  throw new Error(`no QEMU of ${uuid}`)
}
