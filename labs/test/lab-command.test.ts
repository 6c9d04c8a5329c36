import { spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const commandFile = new URL('../lib/lab-command.js', import.meta.url).href

describe('npm run lab', () => {
  let labs = ''
  beforeAll(() => {
    labs = mkdtempSync(join(tmpdir(), 'flotilla-labs-'))
    addLab('good', `export const test = async () => ({ passed: 2, failed: 0, skipped: 1 })`)
    addLab('red', `export const test = async () => ({ passed: 1, failed: 1, skipped: 0 })`)
    addLab('empty', `export const test = async () => ({ passed: 0, failed: 0, skipped: 4 })`)
    // Stops itself by a real signal once it is up, as Ctrl-C would.
    addLab(
      'stopped',
      `export const test = ({ signal }) => new Promise((_, reject) => {
         setInterval(() => {}, 1000)
         signal.addEventListener('abort', () => reject(signal.reason))
         process.kill(process.pid, 'SIGINT')
       })`,
    )
  })
  afterAll(() => rmSync(labs, { recursive: true }))

  const addLab = (name: string, test: string) => {
    mkdirSync(join(labs, name))
    const upAndDown = `export const up = async () => {}\nexport const down = async () => console.log('is down')\n`
    writeFileSync(join(labs, name, 'lab.js'), upAndDown + test)
  }
  const lab = async (...args: string[]) => {
    const program = `const { labCommand } = await import('${commandFile}')
      process.exit(await labCommand(process.argv.slice(1), ${JSON.stringify(labs)}))`
    const child = spawn(process.execPath, ['--input-type=module', '-e', program, '--', ...args])
    const ended = new Promise((resolve) => child.on('close', resolve))
    const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), ended])
    return { stdout, stderr, code, lastLine: stdout.trimEnd().split('\n').at(-1) }
  }

  it('ends with the counts and exit code 0 when all is well', async () => {
    const { code, lastLine } = await lab('good')
    expect({ code, lastLine }).toEqual({ code: 0, lastLine: '2 passed, 0 failed, 1 skipped' })
  })

  it.each([
    ['a test that fails', 'red', '1 passed, 1 failed, 0 skipped'],
    ['a lab that ran no test', 'empty', '0 passed, 0 failed, 4 skipped'],
  ])('ends with exit code 1 on %s', async (_, name, lastLine) => {
    expect(await lab(name)).toMatchObject({ code: 1, lastLine })
  })

  it('takes the lab down on Ctrl-C', async () => {
    const { stdout, code } = await lab('stopped')
    expect(stdout).toContain('is down')
    expect(code).toBe(1)
  })

  it.each([
    ['an unknown lab', ['moon'], 'no lab is named moon'],
    ['a name that leaves the folder', ['../good'], 'no lab can be named ../good'],
    ['two names', ['good', 'red'], 'one lab at a time'],
    ['an unknown option', ['good', '--fast'], "Unknown option '--fast'"],
    ['keep and down at once', ['good', '--keep', '--down'], 'exclude each other'],
    ['no name', [], 'good'],
  ])('refuses %s and names what there is', async (_, args, message) => {
    const { stderr, code } = await lab(...args)
    expect(stderr).toContain(message)
    expect(code).not.toBe(0)
  })
})
