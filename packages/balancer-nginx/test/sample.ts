import type { Member } from '../src/config/member-check.js'
import type { ConfigShape } from '../src/config/config-shape.js'
import type { NginxOptions } from '../src/options.js'
import { settingsFrom } from '../src/options/settings.js'

/** What the options lead to, as far as the file is concerned. */
export function shapeOf(options: Partial<NginxOptions> = {}): ConfigShape {
  return settingsFrom({ upstream: 'backend', ...options }).shape
}

export function member(id: string, more: Partial<Member> = {}): Member {
  return { id, host: '10.0.0.1', port: 8080, weight: 1, ...more }
}

export const forever: AbortSignal = new AbortController().signal
