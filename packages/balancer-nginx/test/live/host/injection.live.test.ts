import { writeFile } from 'node:fs/promises'
import { isIP } from 'node:net'
import { join } from 'node:path'
import * as fc from 'fast-check'
import { FlotillaError, type BalancerMember } from '@flotilla/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { isToken } from '../../../src/config/checked-text.js'
import { checkMembers } from '../../../src/config/member-check.js'
import { renderConfig } from '../../../src/config/nginx-config.js'
import { block, directive, renderStatements } from '../../../src/config/statements.js'
import type { NginxOptions } from '../../../src/options.js'
import { settingsFrom } from '../../../src/options/settings.js'
import { anyMember, anyOptions } from '../../config/any-input.js'
import { freePort, RealNginx, run } from '../real-nginx.js'

let real: RealNginx
beforeAll(async () => {
  real = await RealNginx.prepare({
    http: 'server_names_hash_bucket_size 512; variables_hash_bucket_size 512;',
  })
})
afterAll(() => real.stop())

async function verdictOn(text: string): Promise<string> {
  await writeFile(real.configFile, text)
  const { code, output } = await run('nginx', ['-t', '-c', real.mainConfigFile])
  return code === 0 ? 'accepted' : output
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

/** A name must resolve, which is no matter of what is written. */
const isNoName = (member: unknown): boolean => {
  const { host } = member as { readonly host: unknown }
  return typeof host !== 'string' || isIP(host) !== 0 || !/^[\w.-]+$/.test(host)
}

describe('a real nginx', () => {
  it('accepts whatever is written for members', async () => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(fc.array(anyMember().filter(isNoName), { maxLength: 5 }), async (members) => {
        const text = rendered({ upstream: 'backend', listen: 8080 }, members)
        if (text === undefined) return
        count += 1
        expect(await verdictOn(text)).toBe('accepted')
      }),
      { numRuns: 300 },
    )
    expect(count).toBeGreaterThan(100)
  })

  it('accepts whatever is written for options', async () => {
    let count = 0
    await fc.assert(
      fc.asyncProperty(anyOptions(), async (given) => {
        // What stands in the user's own directives is the user's to get right; addresses must be this machine's.
        const { directives: _, ...options } = given as Record<string, unknown>
        const listen = String(options['listen'])
        if (/\d+\.\d+\.\d+\.\d+/.test(listen)) delete options['listen']
        if (typeof options['algorithm'] === 'object') options['algorithm'] = { hash: '$request_uri' }
        const text = rendered(options, [{ id: 'a', host: '10.0.0.1', port: 80 }])
        if (text === undefined) return
        count += 1
        expect(await verdictOn(text)).toBe('accepted')
      }),
      { numRuns: 400 },
    )
    expect(count).toBeGreaterThan(40)
  })

  it('reads every token as the text it was', async () => {
    const port = await freePort()
    const texts = fc
      .sample(
        fc.oneof(
          fc.string({ unit: 'binary', minLength: 1, maxLength: 60 }),
          fc.string({
            unit: fc.constantFrom('"', "'", '\\', ';', '{', '}', '#', ' ', 'n', 't', 'r', 'a'),
            minLength: 1,
          }),
        ),
        600,
      )
      .filter((text) => isToken(text) && !text.includes('$'))
    const locations = texts.map((text, index) =>
      block(['location', '=', `/${index}`], [directive('return', '200', text)]),
    )
    const server = block(['server'], [directive('listen', `127.0.0.1:${port}`), ...locations])
    await writeFile(real.configFile, renderStatements([server]))
    await real.start()
    for (const [index, text] of texts.entries()) {
      const answer = await fetch(`http://127.0.0.1:${port}/${index}`)
      expect(await answer.text()).toBe(text)
    }
    expect(texts.length).toBeGreaterThan(300)
    await real.kill()
    await writeFile(join(real.directory, 'conf.d', 'backend.conf'), '')
  })
})
