import { systemClock, type Clock } from '@flotilla/core'
import { openDocker } from '../../src/connection/docker-client.js'
import { Engine } from '../../src/engine.js'
import type { FakeDocker } from './fake-docker.js'

/** An engine on a fake daemon. */
export function fakeEngine(
  fake: FakeDocker,
  { clock = systemClock, timeoutMs = 30_000 }: { clock?: Clock; timeoutMs?: number } = {},
): Engine {
  const connection = { kind: 'socket', path: '/var/run/docker.sock' } as const
  const address = 'unix:///var/run/docker.sock'
  const found = { connection, target: address, scope: address }
  return new Engine({
    found,
    docker: openDocker(connection).docker,
    api: fake,
    clock,
    timeoutMs,
    listMaxAgeMs: 500,
  })
}

/** As the engine sends what was written to stdout (1) or stderr (2). */
export function frame(stream: 1 | 2, text: string): Buffer {
  const body = Buffer.from(text)
  const header = Buffer.from([stream, 0, 0, 0, 0, 0, 0, 0])
  header.writeUInt32BE(body.length, 4)
  return Buffer.concat([header, body])
}
