import { describe, expect, it } from 'vitest'
import { hostReason, impairedOf } from '../../src/cloud/impaired.js'
import { secretsOf } from '../../src/cloud/last-output.js'
import { readOptions } from '../../src/options/settings.js'
import { noAddressReason } from '../../src/to-instance.js'
import { cloudTests, launchAll, signal } from '../kit/cloud-tests.js'
import { novaFault } from '../fake-cloud/fake-http.js'
import { template } from '../kit/openstack-kit.js'

describe('what Nova says against a server', () => {
  const server = { status: 'ACTIVE', taskState: undefined, powerState: 1, isDeleting: false, raw: {} }

  it.each([
    [{}, undefined],
    [{ status: 'PAUSED' }, /paused; unpause/],
    [{ status: 'SUSPENDED' }, /suspended; resume/],
    [{ status: 'RESCUE' }, /rescue mode/],
    [{ status: 'REBOOT' }, /rebooted/],
    [{ status: 'RESIZE' }, /RESIZE/],
    [{ status: 'VERIFY_RESIZE' }, undefined],
    [{ status: 'MIGRATING' }, undefined],
    [{ taskState: 'powering-off' }, /powering-off/],
    [{ taskState: 'reboot_started_hard' }, /reboot started hard/],
    [{ taskState: 'image_uploading' }, undefined],
    [{ powerState: 3 }, /hypervisor says that it is paused/],
    [{ powerState: 4 }, /shut down/],
    [{ powerState: 6 }, /crashed/],
    [{ powerState: 0 }, undefined],
    [{ raw: { host_status: 'DOWN' } }, /host is marked as down/],
    // A control plane in trouble says it of every host.
    [{ raw: { host_status: 'UNKNOWN' } }, undefined],
    [{ status: 'BUILD' }, undefined],
    [{ status: 'PAUSED', isDeleting: true }, undefined],
  ])('%j', (facts, words) => {
    const found = impairedOf({ ...server, ...facts })
    if (words === undefined) expect(found).toBeUndefined()
    else expect(found).toMatch(words)
  })

  it('has its host’s silence for a reason, and not for an impairment', () => {
    expect(hostReason({ host_status: 'UNKNOWN' })).toMatch(/does not report/)
    expect(hostReason({ host_status: 'UP' })).toBeUndefined()
  })
})

describe('an address that is missing', () => {
  const { template: plain } = readOptions(template)
  const { template: floating } = readOptions({ ...template, floatingIpFrom: 'public' })
  const fixed = {
    network: 'net',
    address: '10.0.0.5',
    version: 4,
    kind: 'fixed',
    macAddress: undefined,
  } as const

  it.each([
    [plain, [], /^it has no fixed address on network net: Nova shows none yet/],
    [floating, [fixed], /^it has no floating address on network net, only 10\.0\.0\.5 \(fixed, net\)$/],
    [
      { ...plain, address: { version: 6 as const } },
      [fixed],
      /no fixed address of version 6 on network net, only/,
    ],
  ])('is told with what is there', (given, addresses, words) => {
    expect(noAddressReason({ addresses }, given)).toMatch(words)
  })

  it('is none where no port was given', () => {
    expect(noAddressReason({ addresses: [] }, { ...plain, port: undefined })).toBeUndefined()
  })
})

describe('the last output', () => {
  const tests = cloudTests()

  it('is the end of the console, bounded and without what the template holds', async () => {
    const { fake, open } = tests
    fake.console = `${'boot\r\n'.repeat(100)}token is s3cretvalue\n\u001B[31mboom: no DB_URL\u001B[0m\n\n`
    const backend = open({ options: { userData: '#!/bin/sh\nexport KEY="s3cretvalue"\n' } })
    await launchAll(backend, 'a')
    const [instance] = await backend.list('web', { signal })
    if (instance === undefined) throw new Error('none')
    const said = await backend.lastOutput(instance, { signal })
    expect(said?.split('\n')).toHaveLength(10)
    expect(said).toMatch(/token is \(hidden\)\nboom: no DB_URL$/)
    const { json } = fake.http.requests.findLast(({ name }) => name === 'act') ?? {}
    expect(json).toEqual({ 'os-getConsoleOutput': { length: 60 } })
  })

  it.each([
    [409, 'not ready'],
    [404, 'gone'],
    [501, 'not implemented'],
  ])('is none where Nova answers %i', async (status, text) => {
    const { fake, open } = tests
    const backend = open()
    const [id = ''] = await launchAll(backend, 'a')
    fake.http.arm(
      'act',
      ...Array.from({ length: 3 }, () => ({ kind: 'answer', answer: novaFault(status, text) }) as const),
    )
    const [instance] = await backend.list('web', { signal })
    expect([instance?.id, instance && (await backend.lastOutput(instance, { signal }))]).toEqual([
      id,
      undefined,
    ])
  })

  it('knows what is set in user data', () => {
    const userData = Buffer.from('password: "a long one"\nuser: joe\nKEY=abcdef12\n').toString('base64')
    expect(secretsOf({ userData, metadata: { note: 'hello' } })).toEqual(['a long one', 'abcdef12', 'hello'])
  })
})

describe('the scope', () => {
  const tests = cloudTests()

  it('is the Keystone, the project, the region and the scope that was given', () => {
    const { fake, open } = tests
    const at = `${fake.http.url}/identity project lab of domain default region (first)`
    expect([open().scope, open({ options: { scope: 'blue' } }).scope]).toEqual([at, `${at} scope blue`])
    expect(open({ cloud: { region: 'two' } }).scope).toMatch(/region two$/)
  })
})
