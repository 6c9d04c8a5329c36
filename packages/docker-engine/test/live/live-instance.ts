import { randomUUID } from 'node:crypto'
import { get } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Instance } from '@flotilla/core'

export const uniqueScope = (): string => `live-${randomUUID().slice(0, 13)}`

/** The worker's answer, once it listens. */
export async function ask(url: string): Promise<string> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await askOnce(url)
    } catch (error) {
      if (tries === 600) throw error
      await sleep(50)
    }
  }
}

async function askOnce(url: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = get(url, { agent: false, timeout: 5000 }, (answer) => {
      let said = ''
      answer.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
      answer.on('end', () => resolve(said)).on('error', reject)
    })
    sent.on('error', reject).on('timeout', () => sent.destroy(new Error(`no answer from ${url}`)))
  })
}

/** `http://HOST:PORT` of an instance. */
export function urlOf({ id, address }: Instance): string {
  if (address === undefined) throw new Error(`${id} has no address`)
  return `http://${address.host}:${address.port}`
}
