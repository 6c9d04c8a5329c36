import { readFileSync } from 'node:fs'

/** A real answer, as it was recorded from OpenStack Zed (Nova 26.2.2); tokens and passwords were taken out. */
export interface Fixture {
  readonly what: string
  readonly request: { readonly method: string; readonly url: string; readonly body?: unknown }
  readonly response: {
    readonly status: number
    readonly headers: Readonly<Record<string, string>>
    readonly body: unknown
  }
}

/** Reads a recording of `fixtures/`. */
export function fixture(name: string): Fixture {
  const url = new URL(`../fixtures/${name}.json`, import.meta.url)
  return JSON.parse(readFileSync(url, 'utf8')) as Fixture
}

/** The body of a recording as text, as it came. */
export const fixtureText = (name: string): string => JSON.stringify(fixture(name).response.body)
