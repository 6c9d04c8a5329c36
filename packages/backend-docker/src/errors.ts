import { FlotillaError } from '@flotilla/core'
import type { Template } from './options/settings.js'

type Option = keyof Template

interface Blame {
  readonly option: Option
  readonly whatWouldDo: string
}

/** Which option the engine will not have, by its words, and what would do. */
const blames: readonly (readonly [pattern: RegExp, blame: Blame])[] = [
  [
    /network \S+ not found|unable to find network/i,
    { option: 'network', whatWouldDo: 'it must be there: docker network create makes it' },
  ],
  [
    /no such image|manifest .*unknown|manifest for .* not found|pull access denied|invalid reference/i,
    { option: 'image', whatWouldDo: "it must be on the engine's host, or in a registry that it reaches" },
  ],
  [
    /unable to find (user|group)|no matching entries in (passwd|group)/i,
    { option: 'user', whatWouldDo: 'it must be in the image, or a number' },
  ],
  [
    /container-init binary not found/i,
    { option: 'init', whatWouldDo: "install catatonit on the engine's host, or give init: false" },
  ],
  [
    /invalid (volume|mount|mode|bind)|mount path must be|bind source path does not exist|duplicate mount point/i,
    { option: 'volumes', whatWouldDo: 'an existing /path/of/the/host:/path, or name:/path' },
  ],
  [/range of CPUs/i, { option: 'cpus', whatWouldDo: 'no more than the host has' }],
  [/minimum memory limit/i, { option: 'memoryBytes', whatWouldDo: 'more' }],
  [
    /OCI runtime create failed.*(no such file|permission denied|not found|exec format error)/is,
    {
      option: 'command',
      whatWouldDo: 'a program of the image, for its processor; entrypoint and workingDir count too',
    },
  ],
]

/** The engine's refusal of a template, with the option that it is about. Other errors stay as they are. */
export function withBlame(error: unknown, template: Template): unknown {
  if (!(error instanceof FlotillaError) || error.code !== 'invalid-template') return error
  const blame = blames.find(([pattern]) => pattern.test(error.message))?.[1]
  if (blame === undefined) return error
  const { option, whatWouldDo } = blame
  const { cause, instanceId } = error
  const message = `${error.message}; look at the option ${option}: ${whatWouldDo}`
  return new FlotillaError(error.code, message, { cause, instanceId, field: option, value: template[option] })
}
