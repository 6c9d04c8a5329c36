import { describe, expect, it } from 'vitest'
import { factsOfSummary, type ContainerFacts } from '../src/engine/container-facts.js'
import { statusOf } from '../src/status.js'
import { list, detailsOf, nothing, summaryOf } from './recorded-containers.js'

describe('the status of a container', () => {
  const table: readonly (readonly [token: string, status: string, reason: RegExp | undefined])[] = [
    ['running', 'running', undefined],
    ['created', 'failed', /^its launch was broken off before it started$/],
    ['exited', 'stopped', /^exited with code 3$/],
    ['killed', 'stopped', /^exited with code 137 \(SIGKILL\)$/],
    ['failed', 'stopped', /^exited with code 127 \(the command was not found\)$/],
    ['paused', 'paused', /paused/],
    // `Running` is true beside it: the state decides.
    ['looping', 'failed', /^it keeps crashing: restarted \d+ times, last exited with code 1$/],
  ]
  for (const [token, status, reason] of table) {
    it(`${token} is ${status}`, () => {
      const found = statusOf(detailsOf(token), nothing)
      expect(found.status).toBe(status)
      if (reason === undefined) expect(found.statusReason).toBeUndefined()
      else expect(found.statusReason).toMatch(reason)
    })
  }

  it('is told from a list alone as far as that goes', () => {
    expect(statusOf(summaryOf('exited'), nothing)).toEqual({
      status: 'stopped',
      statusReason: 'exited with code 3',
    })
    expect(statusOf(summaryOf('looping'), nothing).status).toBe('pending')
    expect(statusOf(summaryOf('unhealthy'), nothing)).toEqual({
      status: 'running',
      impaired: 'its HEALTHCHECK fails',
    })
  })

  it('is pending while this very program launches it, or another may', () => {
    for (const own of [{ isLaunching: true }, { isNew: true }]) {
      expect(statusOf(summaryOf('created'), { ...nothing, ...own })).toEqual({ status: 'pending' })
    }
    const refused = { ...detailsOf('created').details, Error: 'port is taken' } as ContainerFacts['details']
    const found = statusOf({ ...detailsOf('created'), details: refused }, { ...nothing, isNew: true })
    expect(found).toEqual({ status: 'failed', statusReason: 'port is taken' })
  })

  it('is impaired while its HEALTHCHECK has not passed, or fails, with what that said', () => {
    const running = detailsOf('running')
    const impaired = (health: ContainerFacts['health'], secrets: readonly string[] = []): unknown =>
      statusOf({ ...running, health }, { ...nothing, secrets }).impaired
    expect(impaired({ state: 'starting' })).toBe('its HEALTHCHECK has not passed yet')
    expect(impaired({ state: 'healthy' })).toBeUndefined()
    expect(impaired(undefined)).toBeUndefined()
    const last = { exitCode: 1, output: 'wget: http://ops:pw@x/?k=hunter2 refused\n' }
    expect(impaired({ state: 'unhealthy', last }, ['hunter2'])).toBe(
      'its HEALTHCHECK fails with exit code 1: wget: http://(hidden)@x/?k=(hidden) refused',
    )
  })

  it('is read from the words of a list, Docker’s and Podman’s', () => {
    const [summary] = list
    if (summary === undefined) throw new Error('no fixture')
    const words = [
      'Up 2 seconds (health: starting)',
      'Up 2 seconds (starting)',
      'Up 3 minutes (unhealthy)',
      'Up 1 hour',
    ]
    const states = words.map((Status) => factsOfSummary({ ...summary, Status }).health?.state)
    expect(states).toEqual(['starting', 'starting', 'unhealthy', undefined])
  })

  it('is impaired while somebody has paused it', () => {
    expect(statusOf(summaryOf('paused'), nothing)).toEqual({
      status: 'paused',
      statusReason: 'somebody paused it; docker unpause lets it go on',
      impaired: 'somebody paused it; docker unpause lets it go on',
    })
  })

  it('names the signal that ended it', () => {
    const killed = detailsOf('killed')
    const ended = (ExitCode: number): unknown =>
      statusOf({ ...killed, details: { ...killed.details, ExitCode } as ContainerFacts['details'] }, nothing)
        .statusReason
    expect([139, 134, 143, 200].map(ended)).toEqual([
      'exited with code 139 (SIGSEGV)',
      'exited with code 134 (SIGABRT)',
      'exited with code 143 (SIGTERM)',
      'exited with code 200',
    ])
  })

  it('says that memory ran out, by Docker’s own word or by the event', () => {
    const killed = detailsOf('killed')
    const told = { ...killed, details: { ...killed.details, OOMKilled: true } } as ContainerFacts
    for (const found of [statusOf(told, nothing), statusOf(killed, { ...nothing, wasOutOfMemory: true })]) {
      expect(found).toEqual({ status: 'stopped', statusReason: 'ran out of memory, exit code 137' })
    }
  })

  it('does not take one restart for a crash loop, nor one after a long life', () => {
    const looping = detailsOf('looping')
    expect(statusOf({ ...looping, restartCount: 1 }, nothing).status).toBe('pending')
    const details = { ...looping.details, StartedAt: '2026-11-21T20:00:00Z' } as ContainerFacts['details']
    expect(statusOf({ ...looping, details }, nothing).status).toBe('pending')
  })

  it('gives the remaining states a meaning, and an unknown one none', () => {
    const running = detailsOf('running')
    const statuses = ['removing', 'dead', 'hibernating'].map(
      (state) => statusOf({ ...running, state }, nothing).status,
    )
    expect(statuses).toEqual(['stopping', 'failed', 'unknown'])
  })
})
