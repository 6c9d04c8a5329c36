import { execFileSync } from 'node:child_process'
import { readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { BalancerMember } from '@flotilla/core'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HostRig, nothing } from '../host-rig.js'

let rig: HostRig
let first: BalancerMember
let second: BalancerMember
let undo: (() => void | Promise<void>)[] = []

beforeEach(async () => {
  undo = []
  rig = await HostRig.start()
  first = await rig.traffic.startMember()
  second = await rig.traffic.startMember()
})

afterEach(async () => {
  for (const step of undo.toReversed()) await step()
  await rig.stop()
})

/** After a failed update: what was in force is so still, the file says so, and nginx would start with it. */
async function expectUntouched(): Promise<void> {
  expect(await rig.answerer()).toBe(first.id)
  const text = await readFile(rig.real.configFile, 'utf8')
  expect(text).toContain(`id ${first.id}`)
  expect(text).not.toContain(`id ${second.id}`)
  await expect(readFile(`${rig.real.configFile}.tmp`)).rejects.toThrow('ENOENT')
}

/** A file system of its own for our file. */
async function mountSmall(): Promise<string> {
  const directory = join(rig.real.directory, 'conf.d')
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16k', 'flotilla-test', directory])
  undo.push(() => void execFileSync('umount', [directory]))
  return directory
}

describe('a real nginx', () => {
  it('that does not run is said not to run, and its file is left as it was', async () => {
    await rig.real.kill()
    await expect(rig.sync(first)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /nginx on this host: it does not run: .*nginx\.pid is (?:empty|not there)/,
      ),
    })
    await expect(readFile(rig.real.configFile)).rejects.toThrow('ENOENT')
    await rig.real.start()
    expect(await rig.sync(first)).toEqual(nothing)
    expect(await rig.answerer()).toBe(first.id)
  })

  it.each([
    ['of nobody', () => '99999999'],
    ['of another process', () => String(process.pid)],
    ['that is no number', () => 'nginx'],
  ])('whose pid file holds a number %s is not signalled', async (_, pid) => {
    await rig.sync(first)
    const right = await readFile(rig.real.pidFile, 'utf8')
    await writeFile(rig.real.pidFile, pid())
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('is no nginx master'),
    })
    await expectUntouched()
    await writeFile(rig.real.pidFile, right)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
  })

  it('that was killed is reported, and taken up again after its restart', async () => {
    await rig.sync(first)
    await rig.real.kill('SIGKILL')
    await expect(rig.sync(second)).rejects.toMatchObject({ code: 'unavailable' })
    await rig.real.start()
    expect(await rig.answerer()).toBe(first.id)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
    expect(await rig.answerer()).toBe(second.id)
  })

  it('whose master alone was killed is reported at once, though its workers go on answering', async () => {
    await rig.sync(first)
    const workers = await rig.real.workerPids()
    process.kill((await rig.real.masterPid()) ?? 0, 'SIGKILL')
    undo.push(() => {
      for (const pid of workers) process.kill(pid, 'SIGKILL')
    })
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        /it does not run: process \d+, which .*nginx\.pid names, is no nginx master/,
      ),
    })
    await expectUntouched()
  })

  it('whose program is not there is named', async () => {
    await rig.sync(first)
    await rig.balancer.close()
    rig.balancer = rig.newBalancer({ binary: '/usr/sbin/nginx-of-another-world' })
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('there is no program /usr/sbin/nginx-of-another-world'),
    })
    await expectUntouched()
  })

  it('is not updated into a full disk, and is once there is room', async () => {
    const directory = await mountSmall()
    await rig.sync(first)
    const ballast = join(directory, 'ballast')
    await writeFile(ballast, Buffer.alloc(64 * 1024)).catch(() => {})
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/ENOSPC.*the disk is full/),
    })
    await expectUntouched()
    await rm(ballast)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
  })

  it('is not updated in a read-only directory, and is once it can be written', async () => {
    const directory = await mountSmall()
    await rig.sync(first)
    execFileSync('mount', ['-o', 'remount,ro', directory])
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'permission-denied',
      message: expect.stringContaining('EROFS'),
    })
    await expectUntouched()
    execFileSync('mount', ['-o', 'remount,rw', directory])
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
  })

  it('does not take a file that is mounted by itself', async () => {
    await rig.sync(first)
    const { configFile } = rig.real
    execFileSync('mount', ['--bind', configFile, configFile])
    undo.push(() => void execFileSync('umount', [configFile]))
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/EBUSY.*mount its directory/),
    })
    await expectUntouched()
  })

  it('of which we have no rights is said to deny them', async () => {
    await rig.sync(first)
    process.seteuid?.('nobody')
    try {
      await expect(rig.sync(second)).rejects.toMatchObject({ code: 'permission-denied' })
    } finally {
      process.seteuid?.('root')
    }
    await expectUntouched()
  })

  it('that cannot resolve a name says so in its own words', async () => {
    await rig.sync(first)
    const unknown = { id: 'x', host: 'no-such-host.invalid', port: 80 }
    await expect(rig.sync(first, unknown)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('[emerg] host not found in upstream "no-such-host.invalid:80"'),
    })
    await expectUntouched()
  })

  it("that has somebody else's broken file says so in its own words", async () => {
    await rig.sync(first)
    const theirs = join(rig.real.directory, 'conf.d', 'theirs.conf')
    await writeFile(theirs, 'no_such_directive on;\n')
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/\[emerg\] unknown directive "no_such_directive" in .*theirs\.conf:1/),
    })
    await expectUntouched()
    await rm(theirs)
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
  })

  it('that refuses only when it is told, because a port is taken, says so, and goes on with what it had', async () => {
    await rig.sync(first)
    const taken = createServer()
    await new Promise<void>((resolve) => taken.listen(0, '127.0.0.1', resolve))
    const address = taken.address()
    const port = typeof address === 'object' && address !== null ? address.port : 0
    await rig.balancer.close()
    rig.balancer = rig.newBalancer({ listen: [`127.0.0.1:${rig.port}`, `127.0.0.1:${port}`] })
    await expect(rig.sync(second)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(
        `[emerg] bind() to 127.0.0.1:${port} failed (98: Address already in use)`,
      ),
    })
    await expectUntouched()
    await new Promise((resolve) => taken.close(resolve))
    expect(await rig.sync(second)).toEqual({ ...nothing, drained: [first.id] })
    expect(await rig.answerer()).toBe(second.id)
  })

  it('does not lose a file that somebody else wrote', async () => {
    const theirs = 'upstream backend { server 127.0.0.1:1; }\n'
    await writeFile(rig.real.configFile, theirs)
    await expect(rig.sync(first)).rejects.toMatchObject({ code: 'conflict' })
    expect(await readFile(rig.real.configFile, 'utf8')).toBe(theirs)
  })

  it('takes directives of its user as it takes any, and says what is wrong with them', async () => {
    await rig.balancer.close()
    rig.balancer = rig.newBalancer({ directives: { location: [['proxy_read_timeout', 'soon']] } })
    await expect(rig.sync(first)).rejects.toMatchObject({
      code: 'invalid-options',
      message: expect.stringContaining('[emerg] "proxy_read_timeout" directive invalid value in'),
    })
    await expect(readFile(rig.real.configFile)).rejects.toThrow('ENOENT')
  })
})
