import type { ConfigShape } from './config-shape.js'
import { block, directive, type Statement } from './statements.js'

export const generationPath = '/generation'
export const statusPath = '/status'

/** Where the upstream leads while the group is empty. */
export function unavailableServer({ internal, retryAfterSeconds }: ConfigShape): Statement {
  return block(
    ['server'],
    [
      directive('listen', internal.unavailable),
      directive('access_log', 'off'),
      directive('client_max_body_size', '0'),
      directive('add_header', 'Retry-After', String(retryAfterSeconds), 'always'),
      directive('return', '503'),
    ],
  )
}

/** What Flotilla asks to learn which configuration is in force, and how much traffic there is. */
export function statusServer({ internal }: ConfigShape, generation: string): Statement[] {
  if (internal.status === undefined) return []
  const server = block(
    ['server'],
    [
      directive('listen', internal.status),
      directive('access_log', 'off'),
      directive('keepalive_timeout', '0'),
      block(
        ['location', '=', generationPath],
        [directive('default_type', 'text/plain'), directive('return', '200', generation)],
      ),
      block(['location', '=', statusPath], [directive('stub_status')]),
      block(['location', '/'], [directive('return', '404')]),
    ],
  )
  return [server]
}
