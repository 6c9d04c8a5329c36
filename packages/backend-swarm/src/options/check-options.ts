import { check, checkOptions, invalidOption } from '@flotilla/core/authoring'
import * as v from 'valibot'
import {
  dockerName,
  imageName,
  oneLine,
  checkTemplate,
  engineOption,
  templateEntries,
} from '@flotilla/docker-engine'
import type { SwarmServiceOptions } from '../options.js'

const schema = v.strictObject({
  image: v.optional(imageName),
  ...templateEntries,
  adopt: v.optional(dockerName('the name of a service')),
  network: v.optional(dockerName('the name of a network')),
  address: v.optional(v.picklist(['ip', 'published'])),
  endpointMode: v.optional(v.picklist(['vip', 'dnsrr'])),
  constraints: v.optional(v.array(oneLine('a constraint such as node.role==worker'))),
  reserve: v.optional(
    v.strictObject({
      cpus: v.optional(
        v.pipe(v.number('a number of cores'), v.minValue(0.01, 'a number of cores, 0.01 or more')),
      ),
      memoryBytes: v.optional(check.wholeNumber(1)),
    }),
  ),
  restart: v.optional(v.picklist(['none', 'on-failure', 'any'])),
  update: v.optional(
    v.strictObject({
      parallel: v.optional(check.wholeNumber(1)),
      order: v.optional(v.picklist(['start-first', 'stop-first'])),
      delayMs: v.optional(check.milliseconds()),
      onFailure: v.optional(v.picklist(['pause', 'continue', 'rollback'])),
    }),
  ),
  nodes: v.optional(v.record(oneLine("a node's host name"), engineOption)),
})

/** What `swarmService` takes. */
export const swarmServiceSchema: v.GenericSchema = schema

/** What an adopted service's owner says, and nobody else. */
const ofTheTemplate = [
  'image',
  'command',
  'entrypoint',
  'env',
  'endpointMode',
  'cpus',
  'memoryBytes',
  'reserve',
  'labels',
  'constraints',
  'restart',
  'init',
  'stopSignal',
  'user',
  'workingDir',
  'update',
  'registryAuth',
] as const

/** Networks that are no overlay: a task has no address of its own there that another node reaches. */
const localNetworks = new Set(['host', 'bridge', 'none', 'ingress', 'docker_gwbridge'])

/**
 * Tasks that nobody could reach are refused before one is made.
 *
 * @throws FlotillaError `invalid-options`
 */
function checkReach({
  address,
  port,
  network,
  adopt,
}: Pick<SwarmServiceOptions, 'address' | 'port' | 'network' | 'adopt'>): void {
  if (network !== undefined && localNetworks.has(network))
    throw invalidOption(
      'swarmService',
      'network',
      network,
      'an overlay network, which tasks on every node share',
    )
  if (port === undefined || address === 'published' || network !== undefined || adopt !== undefined) return
  const expected = "an overlay network, or left out with address: 'published', so that tasks can be reached"
  throw invalidOption('swarmService', 'network', undefined, expected)
}

/** @throws FlotillaError `invalid-options` */
export function checkSwarmOptions(options: unknown): SwarmServiceOptions {
  const given = checkOptions('swarmService', schema, options)
  checkReach(given)
  const refuse = (field: string, value: unknown, expected: string): never => {
    throw invalidOption('swarmService', field, value, expected)
  }
  if (given.adopt === undefined) {
    if (given.image === undefined) refuse('image', undefined, 'given, or adopt')
  } else {
    const own = ofTheTemplate.find((field) => given[field] !== undefined)
    if (own !== undefined) refuse(own, '(given)', 'left out with adopt: the service has its own')
  }
  return { ...given, ...checkTemplate('swarmService', given) }
}
