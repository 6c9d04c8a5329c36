import type { InstanceStatus } from '@flotilla/core'
import { lastLines } from '@flotilla/core/authoring'
import type { ContainerFacts, Health } from './engine/container-facts.js'
import { exitInWords } from './exit-words.js'

export interface StatusInWords {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
  /** Why it cannot serve although it runs. */
  readonly impaired?: string | undefined
}

const states = ['created', 'running', 'paused', 'restarting', 'removing', 'exited', 'dead'] as const
type State = (typeof states)[number]

/** This many restarts, the last of them after a short life, are a crash loop. */
const crashLoopCount = 3
/** Docker's own measure of a run that counts as a success. */
const shortLifeMs = 10_000

/** What this program knows of a container beside what Docker says. */
export interface OwnFacts {
  /** It is launching it at the moment. */
  readonly isLaunching: boolean
  /** It was made a moment ago, by whom is not known: another program may be launching it. */
  readonly isNew: boolean
  /** It heard that the kernel killed in it for want of memory. */
  readonly wasOutOfMemory: boolean
  /** Values that must not be shown. */
  readonly secrets: readonly string[]
}

/** What a container's state means. */
export function statusOf(facts: ContainerFacts, own: OwnFacts): StatusInWords {
  const state = states.find((known) => known === facts.state)
  if (state === undefined) return { status: 'unknown', statusReason: `Docker calls it ${facts.state}` }
  return statusOfState(state, facts, own)
}

function statusOfState(state: State, facts: ContainerFacts, own: OwnFacts): StatusInWords {
  switch (state) {
    case 'created':
      return own.isLaunching || (own.isNew && !facts.details?.Error)
        ? { status: 'pending' }
        : {
            status: 'failed',
            statusReason: facts.details?.Error || 'its launch was broken off before it started',
          }
    case 'restarting':
      return isCrashLoop(facts)
        ? {
            status: 'failed',
            statusReason: `it keeps crashing: restarted ${facts.restartCount} times, last ${exitInWords(facts, own.wasOutOfMemory)}`,
          }
        : {
            status: 'pending',
            statusReason: `Docker is restarting it: ${exitInWords(facts, own.wasOutOfMemory)}`,
          }
    case 'running':
      return { status: 'running', impaired: healthInWords(facts.health, own) }
    case 'paused':
      return { status: 'paused', statusReason: paused, impaired: paused }
    case 'removing':
      return { status: 'stopping', statusReason: 'Docker is removing it' }
    case 'exited':
      return { status: 'stopped', statusReason: exitInWords(facts, own.wasOutOfMemory) }
    case 'dead':
      return { status: 'failed', statusReason: 'dead: Docker failed to remove it' }
  }
}

function isCrashLoop({ restartCount, details }: ContainerFacts): boolean {
  if (details === undefined || restartCount < crashLoopCount) return false
  return Date.parse(details.FinishedAt) - Date.parse(details.StartedAt) < shortLifeMs
}

const paused = 'somebody paused it; docker unpause lets it go on'

/** What the container's own HEALTHCHECK has against it. */
function healthInWords(health: Health | undefined, { secrets }: OwnFacts): string | undefined {
  switch (health?.state) {
    case undefined:
    case 'healthy':
      return undefined
    case 'starting':
      return 'its HEALTHCHECK has not passed yet'
    case 'unhealthy': {
      if (health.last === undefined) return 'its HEALTHCHECK fails'
      const { exitCode, output } = health.last
      const said = lastLines(output, { secrets, maxLines: 2, maxLength: 200 })
      return `its HEALTHCHECK fails with exit code ${exitCode}${said === undefined ? '' : `: ${said}`}`
    }
  }
}
