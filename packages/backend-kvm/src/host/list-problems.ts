import type { BackendProblem } from '@flotilla/core'
import { readDomainName } from '../names.js'
import type { Machine } from './host.js'
import type { HostView } from './hypervisors.js'
import { awayText, isAway } from './machines.js'

/** Problems that a list shows and that only a person can solve. */
export function listProblems(
  views: readonly HostView[],
  instances: readonly Machine[],
  of: { readonly scope: string; readonly group: string },
): readonly BackendProblem[] {
  return [
    ...views.flatMap(({ host, down }) => {
      if (down === undefined) return []
      const message = `${host.label} does not answer, its machines are shown as it was last seen, and nothing is removed that it may use: ${down.message}`
      return [{ about: host.label, message, error: down }]
    }),
    ...views.flatMap(({ host }) =>
      host.unmarked.flatMap(({ name, uuid }) => {
        const owner = readDomainName(name)
        if (owner?.scope !== of.scope || owner.group !== of.group) return []
        const message =
          `the domain ${name} (${uuid}) of ${host.label} has a name of this group, and no metadata of Flotilla's (any more): it is no ` +
          'instance, and is left alone. Rename it, or if it is not wanted, end it by hand'
        return [{ about: `${name} on ${host.label}`, message }]
      }),
    ),
    ...instances.filter(isAway).map((machine) => ({ about: machine.ref.name, message: awayText(machine) })),
  ]
}
