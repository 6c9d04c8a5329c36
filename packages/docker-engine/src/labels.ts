/**
 * Labels that mark a container or a service as ours, and say whose. A restarted controller finds its group by them, and
 * never touches what carries none of them.
 */
export const labels = {
  group: 'flotilla.group',
  token: 'flotilla.token',
  /** Hash of the template. */
  template: 'flotilla.template',
  /** Whose group, where several controllers use the same group names on one engine. */
  scope: 'flotilla.scope',
} as const

/** What every label's name begins with; no other label of an instance may. */
export const labelPrefix = 'flotilla.'
