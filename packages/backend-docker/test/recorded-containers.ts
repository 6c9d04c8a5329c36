import { readFileSync } from 'node:fs'
import type { ContainerDetails, ContainerSummary } from '@flotilla/docker-engine'
import { readLabel, type Label } from '../src/labels.js'
import type { OwnFacts } from '../src/status.js'
import { factsOfDetails, factsOfSummary, type ContainerFacts } from '../src/engine/container-facts.js'

export const { list, inspect } = JSON.parse(
  readFileSync(new URL('../../docker-engine/test/fixtures/containers.json', import.meta.url), 'utf8'),
) as { list: readonly ContainerSummary[]; inspect: Readonly<Record<string, ContainerDetails>> }

/** As a list tells of it. */
export const summaryOf = (token: string): ContainerFacts => {
  const found = list.find(({ Labels }) => Labels?.['flotilla.token'] === token)
  if (found === undefined) throw new Error(`no fixture ${token}`)
  return factsOfSummary(found)
}

/** Looked at by itself. */
export const detailsOf = (token: string): ContainerFacts => {
  const found = inspect[token]
  if (found === undefined) throw new Error(`no fixture ${token}`)
  return factsOfDetails(found)
}

/** Its labels. */
export const label = readLabel(list[0]?.Labels) as Label

/** What this program knows of a container that it knows nothing of. */
export const nothing: OwnFacts = { isLaunching: false, isNew: false, wasOutOfMemory: false, secrets: [] }
