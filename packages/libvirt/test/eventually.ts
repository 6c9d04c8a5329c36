import { setTimeout as sleep } from 'node:timers/promises'

/** Waits until it is so, at most 5 s. */
export async function eventually(what: string, is: () => boolean): Promise<void> {
  for (let tries = 0; tries < 1000; tries += 1) {
    if (is()) return
    await sleep(5)
  }
  throw new Error(`did not happen: ${what}`)
}
