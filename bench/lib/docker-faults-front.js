import { execFileSync } from 'node:child_process'
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { served, sized, withGroup } from './docker-fault-group.js'
import { containersOf } from './docker-group.js'

export const nginxKilled = () =>
  withGroup(async (group, front) => {
    await front.kill()
    await group.web.setDesired(4)
    await sleep(4000)
    const found = (await containersOf('faults')).length
    front.start()
    await sized(group, 4)
    await served(front)
    return `${found} containers while it was down; lost are those it could not answer`
  })

export const readOnly = () =>
  withGroup(async (group, front) => {
    const directory = join(front.directory, 'conf.d')
    execFileSync('mount', ['--bind', directory, directory])
    try {
      execFileSync('mount', ['-o', 'remount,bind,ro', directory])
      await group.web.setDesired(4)
      await sleep(4000)
      await group.web.setDesired(1)
      await sleep(2000)
      const kept = (await containersOf('faults')).length
      execFileSync('mount', ['-o', 'remount,bind,rw', directory])
      await sized(group, 4)
      await served(front)
      return `${kept} containers kept while none could be taken out`
    } finally {
      execFileSync('umount', ['-l', directory])
    }
  })

export const diskFull = () =>
  withGroup(
    async (group, front) => {
      const directory = join(front.directory, 'conf.d')
      try {
        const filler = join(directory, 'filler')
        try {
          writeFileSync(filler, Buffer.alloc(1 << 20))
        } catch {
          // Full now.
        }
        await group.web.setDesired(4)
        await sleep(4000)
        rmSync(filler)
        await sized(group, 4)
        await served(front)
        return 'a tmpfs of 64 KiB'
      } finally {
        execFileSync('umount', ['-l', directory])
      }
    },
    {
      prepare: ({ directory }) => {
        execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', join(directory, 'conf.d')])
      },
    },
  )
