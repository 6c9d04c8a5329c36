import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/**
 * Names of the environment variables that mark a process as an instance, and say whose. They are the label: a restarted
 * controller finds its group by them. The instance may read them too.
 */
export const labels = {
  /** Id of the state directory that owns the instance. */
  owner: 'FLOTILLA_OWNER',
  group: 'FLOTILLA_GROUP',
  token: 'FLOTILLA_TOKEN',
  /** `group.token`: the instance's id. */
  instance: 'FLOTILLA_INSTANCE',
  /** Where it should listen. */
  host: 'FLOTILLA_HOST',
  port: 'FLOTILLA_PORT',
  template: 'FLOTILLA_TEMPLATE',
  /** Epoch milliseconds. */
  createdAt: 'FLOTILLA_CREATED_AT',
} as const

/** What every label's name begins with; no other variable of an instance may. */
export const labelPrefix = 'FLOTILLA_'

/** What the label of one instance says. */
export interface Label {
  readonly owner: string
  readonly group: string
  readonly token: string
  readonly host: string
  readonly port: number
  readonly templateHash: string
  readonly createdAt: number
}

/** The instance's id. Neither part can hold a dot, so two instances never share one. */
export function instanceId(group: string, token: string): string {
  return `${group}.${token}`
}

const idParts = v.tuple([check.name(), check.name()])

/** The parts of an id, or undefined when no instance of this backend can have it. */
export function parseInstanceId(id: string): { readonly group: string; readonly token: string } | undefined {
  const parts = v.safeParse(idParts, id.split('.'))
  // A tuple ignores what comes after its last item.
  if (!parts.success || id !== parts.output.join('.')) return undefined
  const [group, token] = parts.output
  return { group, token }
}

/** The label as environment variables of the child. */
export function labelEnv(label: Label): Record<string, string> {
  return {
    [labels.owner]: label.owner,
    [labels.group]: label.group,
    [labels.token]: label.token,
    [labels.instance]: instanceId(label.group, label.token),
    [labels.host]: label.host,
    [labels.port]: String(label.port),
    [labels.template]: label.templateHash,
    [labels.createdAt]: String(label.createdAt),
  }
}

const labelSchema = v.object({
  owner: check.text(),
  group: check.name(),
  token: check.name(),
  host: check.text(),
  port: check.wholeNumber(1, 65_535),
  templateHash: check.text(),
  createdAt: check.wholeNumber(),
})

/** The label in a process' environment; undefined when there is none, or not a whole one. */
export function readLabel(env: ReadonlyMap<string, string>): Label | undefined {
  const result = v.safeParse(labelSchema, {
    owner: env.get(labels.owner),
    group: env.get(labels.group),
    token: env.get(labels.token),
    host: env.get(labels.host),
    port: Number(env.get(labels.port)),
    templateHash: env.get(labels.template),
    createdAt: Number(env.get(labels.createdAt)),
  })
  return result.success ? result.output : undefined
}
