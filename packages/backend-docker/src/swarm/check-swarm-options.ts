import { check, checkOptions, invalidOption } from '@flotilla/core'
import * as v from 'valibot'
import { dockerName, image, oneLine } from '../option-checks.js'
import { checkTemplate, engineCheck, templateEntries } from '../template-checks.js'
import type { SwarmServiceOptions } from './options.js'

const schema = v.strictObject({
  image: v.optional(image),
  ...templateEntries,
  adopt: v.optional(dockerName('the name of a service')),
  network: v.optional(dockerName('the name of a network')),
  address: v.optional(v.picklist(['ip', 'published'])),
  endpointMode: v.optional(v.picklist(['vip', 'dnsrr'])),
  constraints: v.optional(v.array(oneLine('a constraint such as node.role==worker'))),
  restart: v.optional(v.picklist(['none', 'on-failure', 'any'])),
  update: v.optional(
    v.strictObject({
      parallel: v.optional(check.wholeNumber(1)),
      order: v.optional(v.picklist(['start-first', 'stop-first'])),
      delayMs: v.optional(check.milliseconds()),
      onFailure: v.optional(v.picklist(['pause', 'continue', 'rollback'])),
    }),
  ),
  nodes: v.optional(v.record(oneLine("a node's host name"), engineCheck)),
})

/** What an adopted service's owner says, and nobody else. */
const ofTheTemplate = [
  'image',
  'command',
  'entrypoint',
  'env',
  'endpointMode',
  'cpus',
  'memoryBytes',
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

/** @throws FlotillaError `invalid-options` */
export function checkSwarmOptions(options: unknown): SwarmServiceOptions {
  const given = checkOptions('swarmService', schema, options)
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
