import type { InstanceStatus } from '@flotilla/core'
import type { ContainerFacts } from './container-facts.js'

export interface StatusInWords {
  readonly status: InstanceStatus
  readonly statusReason?: string | undefined
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
  /** It heard that the kernel killed in it for want of memory. */
  readonly wasOutOfMemory: boolean
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
      return own.isLaunching
        ? { status: 'pending' }
        : {
            status: 'failed',
            statusReason: facts.details?.Error || 'its launch was broken off before it started',
          }
    case 'restarting':
      return isCrashLoop(facts)
        ? {
            status: 'failed',
            statusReason: `it keeps crashing: restarted ${facts.restartCount} times, last ${exitInWords(facts, own)}`,
          }
        : { status: 'pending', statusReason: `Docker is restarting it: ${exitInWords(facts, own)}` }
    case 'running':
      return { status: 'running', statusReason: healthInWords(facts.statusText) }
    case 'paused':
      return { status: 'paused', statusReason: 'somebody paused it' }
    case 'removing':
      return { status: 'stopping', statusReason: 'Docker is removing it' }
    case 'exited':
      return { status: 'stopped', statusReason: exitInWords(facts, own) }
    case 'dead':
      return { status: 'failed', statusReason: 'dead: Docker failed to remove it' }
  }
}

function isCrashLoop({ restartCount, details }: ContainerFacts): boolean {
  if (details === undefined || restartCount < crashLoopCount) return false
  return Date.parse(details.FinishedAt) - Date.parse(details.StartedAt) < shortLifeMs
}

function exitInWords({ details, statusText }: ContainerFacts, { wasOutOfMemory }: OwnFacts): string {
  const code = details?.ExitCode ?? codeIn(statusText)
  if (details?.OOMKilled === true || wasOutOfMemory)
    return `ran out of memory, exit code ${code ?? 'unknown'}`
  const error = details?.Error ? `: ${details.Error}` : ''
  if (code === undefined) return `exited${error}`
  const meaning = codeMeanings[code]
  return `exited with code ${code}${meaning === undefined ? '' : ` (${meaning})`}${error}`
}

const codeMeanings: Readonly<Record<number, string>> = {
  126: 'the command could not be run',
  127: 'the command was not found',
  137: 'SIGKILL',
  143: 'SIGTERM',
}

/** `Exited (137) 2 seconds ago` */
function codeIn(statusText: string | undefined): number | undefined {
  const [, code] = /^(?:Exited|Restarting) \((\d+)\)/.exec(statusText ?? '') ?? []
  return code === undefined ? undefined : Number(code)
}

/** The container's own HEALTHCHECK, when it has one and it fails. */
function healthInWords(statusText: string | undefined): string | undefined {
  return statusText?.includes('(unhealthy)') === true ? 'its own health check fails' : undefined
}
