import { check, checkOptions, invalidOption } from '@flotilla/core'
import * as v from 'valibot'
import { checkEnv } from '../environment.js'
import {
  anyObject,
  argumentList,
  checkAuth,
  checkLabels,
  dockerName,
  image,
  memoryBytes,
  oneLine,
  ownLabels,
  port,
  stopSignal,
  trueOrFalse,
} from '../option-checks.js'
import type { SwarmServiceOptions } from './options.js'

const engine = anyObject<SwarmServiceOptions['engine']>('an engine of dockerEngine(), or its options')

const schema = v.strictObject({
  image: v.optional(image),
  port: v.optional(port),
  adopt: v.optional(dockerName('the name of a service')),
  command: v.optional(argumentList),
  entrypoint: v.optional(argumentList),
  env: v.optional(v.unknown()),
  network: v.optional(dockerName('the name of a network')),
  address: v.optional(v.picklist(['ip', 'published'])),
  endpointMode: v.optional(v.picklist(['vip', 'dnsrr'])),
  cpus: v.optional(check.positiveNumber()),
  memoryBytes: v.optional(memoryBytes),
  labels: v.optional(ownLabels),
  constraints: v.optional(v.array(oneLine('a constraint such as node.role==worker'))),
  restart: v.optional(v.picklist(['none', 'on-failure', 'any'])),
  init: v.optional(trueOrFalse),
  stopSignal: v.optional(stopSignal),
  graceMs: v.optional(check.milliseconds()),
  user: v.optional(oneLine('a user')),
  workingDir: v.optional(oneLine('a path')),
  update: v.optional(
    v.strictObject({
      parallel: v.optional(check.wholeNumber(1)),
      order: v.optional(v.picklist(['start-first', 'stop-first'])),
      delayMs: v.optional(check.milliseconds()),
      onFailure: v.optional(v.picklist(['pause', 'continue', 'rollback'])),
    }),
  ),
  registryAuth: v.optional(v.unknown()),
  nodes: v.optional(v.record(oneLine("a node's host name"), engine)),
  scope: v.optional(check.name()),
  engine: v.optional(engine),
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
  if (given.address === 'published' && given.port === undefined) {
    refuse('port', undefined, "given with address: 'published'")
  }
  checkLabels('swarmService', given.labels)
  return {
    ...given,
    env: checkEnv('swarmService', given.env ?? {}),
    registryAuth: checkAuth('swarmService', given.registryAuth),
  } as SwarmServiceOptions
}
