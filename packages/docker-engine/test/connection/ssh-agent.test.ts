import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { openDocker } from '../../src/connection/docker-client.js'
import { fromDocker } from '../../src/errors.js'
import { sshArguments } from '../../src/connection/ssh-agent.js'

/** Stands in for `ssh`: notes its arguments, and leads to a socket as `docker system dial-stdio` does. */
const dialer = (socket: string, log: string): string => `#!${process.execPath}
const { appendFileSync } = require('node:fs')
appendFileSync(${JSON.stringify(log)}, JSON.stringify(process.argv.slice(2)) + '\\n')
const socket = require('node:net').connect(${JSON.stringify(socket)})
process.stdin.pipe(socket).pipe(process.stdout)
`

const refuser = `#!/bin/sh
echo 'ops@box: Permission denied (publickey).' >&2
exit 255
`

let directory = ''
let pathBefore = ''

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'flotilla-ssh-'))
  pathBefore = process.env['PATH'] ?? ''
  process.env['PATH'] = `${directory}${delimiter}${pathBefore}`
})

afterEach(async () => {
  process.env['PATH'] = pathBefore
  await rm(directory, { recursive: true })
})

async function sshIs(script: string): Promise<void> {
  await writeFile(join(directory, 'ssh'), script)
  await chmod(join(directory, 'ssh'), 0o755)
}

describe('an engine over ssh', () => {
  it('is reached by the system’s ssh, as the docker command does it', () => {
    expect(sshArguments({ host: 'box', port: 2222, user: 'ops' })).toEqual([
      '-T',
      '-o',
      'BatchMode=yes',
      '-o',
      'ConnectTimeout=15',
      '-p',
      '2222',
      '-l',
      'ops',
      '--',
      'box',
      'docker system dial-stdio',
    ])
  })

  it('answers call after call over one connection', async () => {
    const socket = join(directory, 'd.sock')
    const log = join(directory, 'log')
    const server = createServer((_, response) => void response.writeHead(200).end('[]'))
    await new Promise<void>((resolve) => void server.listen(socket, resolve))
    await sshIs(dialer(socket, log))
    const { docker, close } = openDocker({ kind: 'ssh', host: 'box', port: undefined, user: 'ops' })
    for (let count = 0; count < 3; count += 1) expect(await docker.listContainers()).toEqual([])
    close()
    server.closeAllConnections()
    await new Promise((resolve) => void server.close(resolve))
    const { readFile } = await import('node:fs/promises')
    expect((await readFile(log, 'utf8')).trim().split('\n')).toHaveLength(1)
  })

  it('tells in ssh’s own words why it could not be reached', async () => {
    await sshIs(refuser)
    const { docker, close } = openDocker({ kind: 'ssh', host: 'box', port: undefined, user: 'ops' })
    const thrown: unknown = await docker.ping().catch((error: unknown) => error)
    const error = fromDocker(thrown, { what: 'list', target: 'ssh://ops@box' })
    expect(error.code).toBe('permission-denied')
    expect(error.message).toContain('Permission denied (publickey)')
    close()
  })

  it('is unavailable where there is no ssh', async () => {
    process.env['PATH'] = directory
    const { docker, close } = openDocker({ kind: 'ssh', host: 'box', port: undefined, user: undefined })
    const thrown: unknown = await docker.ping().catch((error: unknown) => error)
    expect(fromDocker(thrown, { what: 'list', target: 'ssh://box' })).toMatchObject({ code: 'unavailable' })
    close()
  })
})
