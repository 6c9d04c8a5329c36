import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import type { Hypervisor } from '../../src/hypervisor.js'
import { virsh } from '../../src/virsh/virsh.js'

const uuid = '698a57d6-17fe-4d4c-b064-42c78c05a534'
const domain = { name: 'a b', uuid, id: 3 }
let directory = ''
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'fake-virsh-'))
})
afterEach(() => rm(directory, { recursive: true, force: true }))

/** A program in place of virsh: notes its arguments and environment, then does what the script says. */
async function fakeVirsh(
  script: string,
  options: { readOnly?: boolean; timeoutMs?: number } = {},
): Promise<Hypervisor> {
  const command = join(directory, 'virsh')
  const note = `for a in "$@"; do printf '%s\\n' "$a" >> ${directory}/args; done; echo "$LC_ALL $TZ" > ${directory}/env`
  await writeFile(command, `#!/bin/sh\n${note}\n${script}\n`)
  await chmod(command, 0o755)
  return virsh('qemu:///system', { command, ...options })
}
const args = async (): Promise<string[]> =>
  (await readFile(join(directory, 'args'), 'utf8')).trimEnd().split('\n')

describe('virsh', () => {
  it('is asked in English and UTC, with each value bound to its option', async () => {
    const hypervisor = await fakeVirsh(`echo '${uuid} 3 a b'; echo '${uuid.replace('6', '7')} - -c'`)
    await expect(hypervisor.domainLookupByName('--all')).rejects.toMatchObject({ kind: 'libvirt', code: 42 })
    expect(await readFile(join(directory, 'env'), 'utf8')).toBe('C UTC\n')
    expect(await args()).toEqual(['-q', '-c', 'qemu:///system', 'list', '--all', '--uuid', '--name', '--id'])
  })

  it('lists domains whatever their names', async () => {
    const hypervisor = await fakeVirsh(`echo '${uuid} 3 a b'; echo '${uuid} - 3'`)
    expect(await hypervisor.connectListAllDomains()).toEqual([domain, { name: '3', uuid, id: -1 }])
    expect(await hypervisor.domainLookupByName('3')).toMatchObject({ id: -1 })
  })

  it('names a domain by its UUID, as a name may look like an option or an id', async () => {
    const hypervisor = await fakeVirsh('', { readOnly: true })
    await hypervisor.domainDestroyFlags({ ...domain, name: '--help' }, 1)
    expect(await args()).toEqual([
      '-q',
      '-r',
      '-c',
      'qemu:///system',
      'destroy',
      `--domain=${uuid}`,
      '--graceful',
    ])
  })

  it('reads XML from a file of ours that is gone afterwards', async () => {
    const hypervisor = await fakeVirsh(
      `case "$*" in
      *define*) for a in "$@"; do case $a in --file=*) cp "\${a#--file=}" ${directory}/xml; stat -c %a "\${a#--file=}" > ${directory}/mode;; esac; done
        echo "Domain 'a b' defined from x";;
      *) echo '${uuid} 3 a b';; esac`,
    )
    expect(await hypervisor.domainDefineXmlFlags('<domain/>', 1)).toEqual(domain)
    expect(await readFile(join(directory, 'xml'), 'utf8')).toBe('<domain/>')
    expect(await readFile(join(directory, 'mode'), 'utf8')).toBe('600\n')
    const file = (await args()).find((arg) => arg.startsWith('--file='))?.slice(7) ?? ''
    expect(file).toContain(tmpdir())
    expect(readdirSync(tmpdir())).not.toContain(file.split('/').at(-2))
  })

  it('is ended at its bound', async () => {
    const hypervisor = await fakeVirsh('exec sleep 30', { timeoutMs: 50 })
    await expect(hypervisor.nodeGetInfo()).rejects.toMatchObject({ name: 'LibvirtError', kind: 'timeout' })
    await expect(hypervisor.nodeGetInfo({ timeoutMs: 20 })).rejects.toThrow('within 20 ms')
  })

  it('is ended when the caller gives up, with the caller’s reason, or at close', async () => {
    const hypervisor = await fakeVirsh('exec sleep 30')
    const reason = new Error('enough')
    await expect(hypervisor.nodeGetInfo({ signal: AbortSignal.abort(reason) })).rejects.toBe(reason)
    const abort = new AbortController()
    const call = hypervisor.nodeGetInfo({ signal: abort.signal })
    setImmediate(() => abort.abort(reason))
    await expect(call).rejects.toBe(reason)
    const [outcome] = await Promise.allSettled([hypervisor.nodeGetInfo(), hypervisor.close()])
    expect(outcome).toMatchObject({ status: 'rejected', reason: { kind: 'connection' } })
    await hypervisor.close()
    await expect(hypervisor.nodeGetInfo()).rejects.toMatchObject({ kind: 'connection' })
  })

  it('that fails is a libvirt error in its own words', async () => {
    const hypervisor = await fakeVirsh(
      `echo "error: Requested operation is not valid: domain is not running" >&2; exit 1`,
    )
    await expect(hypervisor.domainResume(domain)).rejects.toMatchObject({
      name: 'LibvirtError',
      kind: 'libvirt',
      code: 55,
      domain: 20,
      level: 2,
    })
  })

  it('that is not there, or prints what cannot be read, says so', async () => {
    const none = virsh('qemu:///system', { command: join(directory, 'none') })
    await expect(none.nodeGetInfo()).rejects.toMatchObject({
      kind: 'connection',
      message: expect.stringContaining('ENOENT') as string,
    })
    const odd = await fakeVirsh('echo hello')
    await expect(odd.nodeGetInfo()).rejects.toMatchObject({ kind: 'protocol' })
    await expect(odd.connectListAllDomains()).rejects.toMatchObject({ kind: 'protocol' })
    await expect(odd.domainGetState(domain)).rejects.toMatchObject({ kind: 'protocol' })
  })

  it('refuses what it cannot do', async () => {
    const hypervisor = await fakeVirsh('')
    const events = hypervisor.lifecycleEvents({ signal: new AbortController().signal })
    await expect(events[Symbol.asyncIterator]().next()).rejects.toMatchObject({ kind: 'unsupported' })
    await expect(hypervisor.domainCreateWithFlags(domain, 2)).rejects.toMatchObject({ kind: 'unsupported' })
    await expect(
      hypervisor.domainSetMetadata(domain, { key: 'k', uri: 'urn:\0', xml: undefined }),
    ).rejects.toMatchObject({ kind: 'invalid-argument' })
  })

  it('checks its options', () => {
    expect(() => virsh('nonsense')).toThrow(expect.objectContaining({ kind: 'invalid-argument' }))
    expect(() => virsh('qemu:///system', { timeoutMs: 0 })).toThrow('timeoutMs')
  })
})
