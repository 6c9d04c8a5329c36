import { readFileSync } from 'node:fs'
import type { EngineEvent } from '@flotilla/docker-engine'
import { describe, expect, it } from 'vitest'
import { asDockerTells, toChange, watchedActions } from '../../src/engine/container-events.js'

const file = new URL('../fixtures/events.json', import.meta.url)
const { events } = JSON.parse(readFileSync(file, 'utf8')) as { events: readonly EngineEvent[] }

describe('an event of a container', () => {
  it('is told as a change of its instance, as recorded from dockerd 20.10', () => {
    const told = events.map(toChange)
    expect(told.map(({ instanceId }) => instanceId)).toEqual(events.map(({ Actor }) => Actor.ID))
    expect([...new Set(told.map(({ what }) => what))]).toMatchInlineSnapshot(`
      [
        "started",
        "exited with code 3",
        "exited with code 137 (SIGKILL)",
        "ran out of memory",
        "paused",
        "exited with code 1",
        "exited with code 127 (the command was not found)",
        "its HEALTHCHECK says unhealthy",
        "removed",
      ]
    `)
  })

  it.each([
    ['health_status: unhealthy', undefined, 'its HEALTHCHECK says unhealthy'],
    ['health_status', undefined, 'its HEALTHCHECK says something new'],
    ['die', '137', 'exited with code 137 (SIGKILL)'],
    ['die', undefined, 'exited'],
    ['oom', undefined, 'ran out of memory'],
    ['rename', undefined, 'rename'],
  ])('%s, exit code %s: %s', (Action, exitCode, what) => {
    const Attributes = exitCode === undefined ? {} : { exitCode }
    expect(toChange({ Type: 'container', Action, Actor: { ID: 'a', Attributes } })).toEqual({
      instanceId: 'a',
      what,
    })
  })
})

describe('Podman’s events', () => {
  it('are those that are wanted, in Docker’s words', async () => {
    const label = 'flotilla.group'
    const event = (Action: string, group: string | undefined): EngineEvent => ({
      Type: 'container',
      Action,
      Actor: { ID: Action, Attributes: group === undefined ? {} : { [label]: group } },
    })
    const told = (async function* () {
      yield* [event('died', 'web'), event('remove', 'web'), event('exec', 'web'), event('start', undefined)]
    })()
    const heard: string[] = []
    for await (const { Action } of asDockerTells(told, { actions: watchedActions, label })) heard.push(Action)
    expect(heard).toEqual(['die', 'destroy'])
  })
})
