import * as fc from 'fast-check'
import { FlotillaError, type BalancerMember } from '@flotilla/core'
import { expect, it } from 'vitest'
import { checkMembers } from '../../src/config/member-check.js'
import { renderConfig } from '../../src/config/nginx-config.js'
import { readWritten } from '../../src/config/written-config.js'
import type { NginxOptions } from '../../src/options.js'
import { settingsFrom } from '../../src/options/settings.js'
import { parseConfig, type ConfigNode } from '../../src/setup/config-tree.js'
import { anyMember, anyOptions } from './any-input.js'
import { propertyRuns } from '../../../../scripts/lib/property-runs.js'

/** The directives outside of any location, with their arguments left out. */
function skeleton(nodes: readonly ConfigNode[]): readonly string[] {
  return nodes.flatMap(({ name, body }) =>
    body === undefined ? [name] : [`${name} {`, ...skeleton(body), '}'],
  )
}

function rendered(options: unknown, members: readonly unknown[]): string | undefined {
  try {
    const { shape } = settingsFrom(options as NginxOptions)
    return renderConfig(shape, checkMembers(members as readonly BalancerMember[])).text
  } catch (error) {
    expect(error).toBeInstanceOf(FlotillaError)
    expect(error).toMatchObject({ code: 'invalid-options' })
    return undefined
  }
}

it('writes exactly one server line for each member, whatever the members are', () => {
  fc.assert(
    fc.property(fc.array(anyMember(), { maxLength: 4 }), (members) => {
      const text = rendered({ upstream: 'backend', listen: 80 }, members)
      if (text === undefined) return
      const plain = Array.from({ length: members.length }, (_, index) => ({
        id: `m${index}`,
        host: '10.0.0.1',
        port: 80,
      }))
      const expected = rendered({ upstream: 'backend', listen: 80 }, plain) ?? ''
      expect(skeleton(parseConfig(text))).toEqual(skeleton(parseConfig(expected)))
      const found = readWritten(text, 'backend')
      expect(found.kind === 'ours' && new Set(found.members.map(({ id }) => id))).toEqual(
        new Set(members.map(({ id }) => id)),
      )
    }),
    { numRuns: propertyRuns(300) },
  )
})

it("keeps each of the caller's directives one directive with its own arguments", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary', maxLength: 40 }), { maxLength: 4 }), (args) => {
      const options = {
        upstream: 'backend',
        listen: 80,
        directives: { location: [['proxy_set_header', 'X-Test', ...args]] },
      }
      const text = rendered(options, [{ id: 'a', host: '10.0.0.1', port: 80 }])
      if (text === undefined) return
      const front = parseConfig(text).findLast(({ name }) => name === 'server')
      const location = front?.body?.findLast(({ name }) => name === 'location')?.body ?? []
      expect(location.at(-1)).toEqual({ name: 'proxy_set_header', args: ['X-Test', ...args] })
      expect(location).toHaveLength(9)
    }),
    { numRuns: propertyRuns(300) },
  )
})

it('gives a file of the expected shape or invalid-options, whatever the options are', () => {
  fc.assert(
    fc.property(anyOptions(), (options) => {
      const text = rendered(options, [{ id: 'a', host: '10.0.0.1', port: 80 }])
      if (text === undefined) return
      const names = parseConfig(text).map(({ name }) => name)
      const listens = (options as { readonly listen?: unknown }).listen !== undefined
      const internal = ['upstream', 'server', 'server']
      expect(names).toEqual(listens ? [...internal, 'map', 'map', 'server'] : internal)
    }),
    { numRuns: propertyRuns(300) },
  )
})
