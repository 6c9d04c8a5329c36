import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { livenessOf, thisProcess } from '../../src/system/process-identity.js'

/** No kernel gives a pid this high. */
const gone = { pid: 2 ** 30 }
const elsewhere = { place: 'boot of another kernel', host: 'far' }

describe('livenessOf', () => {
  it('knows this process, and one that is gone', async () => {
    const self = await thisProcess()
    expect(await livenessOf({ ...self, ...gone })).toBe('dead')
    expect(await livenessOf({ ...self, ...elsewhere })).toBe('unknown')
  })

  it.runIf(process.platform === 'linux')('is sure on Linux', async () => {
    const self = await thisProcess()
    expect(await livenessOf(self)).toBe('alive')
    expect(await livenessOf({ ...self, start: '1' })).toBe('dead')
    expect(await livenessOf({ pid: self.pid, place: self.place, host: self.host })).toBe('unknown')
  })

  it.runIf(process.platform === 'linux')('counts a zombie as dead', async () => {
    // The child ends once its parent, by exec, is a sleep, which never waits; sh itself might have.
    const child = 'while read name < /proc/$parent/comm; do [ "$name" = sleep ] && exit; done'
    const shell = spawn('sh', ['-c', `parent=$$; (${child}) & echo $!; exec sleep 30`], {
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    try {
      const [line] = (await once(shell.stdout, 'data')) as [Buffer]
      const pid = Number(line.toString())
      const stateOf = async (): Promise<string> =>
        (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.[0] ?? ''
      // The default of a second is too short for a machine with other things to do.
      await expect.poll(stateOf, { timeout: 15_000 }).toBe('Z')
      const start = (await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1]?.split(' ')[19] ?? ''
      expect(await livenessOf({ ...(await thisProcess()), pid, start })).toBe('dead')
    } finally {
      shell.kill('SIGKILL')
      await once(shell, 'close')
    }
  })
})
