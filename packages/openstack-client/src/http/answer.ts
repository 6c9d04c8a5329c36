/** An answer, read to its end. */
export interface Answer {
  readonly status: number
  readonly headers: { get(name: string): string | null }
  readonly text: string
}

/** The id under which the service's own log has the call. */
export const requestIdOf = ({ headers }: Pick<Answer, 'headers'>): string | undefined =>
  headers.get('x-openstack-request-id') ?? headers.get('x-compute-request-id') ?? undefined
