import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { request } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { workerOptions } from './docker-group.js'
import { benchDirectory, node } from './docker-lab.js'

/** @import { Front } from './docker-front.js' */

/**
 * One call of the Engine API with nothing around it.
 *
 * @param {string} method
 * @param {string} path
 * @param {unknown} [body]
 * @returns {Promise<any>}
 */
export function engine(method, path, body) {
  const text = body === undefined ? '' : JSON.stringify(body)
  return new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
    const asked = request({ socketPath: node.socket, path, method, headers }, (answer) => {
      let said = ''
      answer.setEncoding('utf8').on('data', (chunk) => (said += chunk))
      answer.on('end', () => {
        if ((answer.statusCode ?? 500) >= 400) reject(new Error(`${method} ${path}: ${said}`))
        else resolve(said === '' ? undefined : JSON.parse(said))
      })
    })
    asked.on('error', reject).end(text)
  })
}

/** Create and start, and its address. */
export async function bareContainer() {
  const { Id: id } = await engine('POST', '/containers/create', {
    Image: workerOptions.image,
    Cmd: workerOptions.command,
    Labels: { bench: 'bare' },
    HostConfig: { Init: true, Binds: [`${benchDirectory}:/bench:ro`] },
  })
  await engine('POST', `/containers/${id}/start`)
  const { NetworkSettings } = await engine('GET', `/containers/${id}/json`)
  return { id: String(id), ip: String(NetworkSettings.IPAddress) }
}

/** @param {string} id */
export const removeBare = (id) => engine('DELETE', `/containers/${id}?force=1`)

/**
 * Asked again and again until it answers.
 *
 * @param {string} ip
 */
export async function untilHealthy(ip) {
  while ((await memberAt(`http://${ip}:8080/health`)) === undefined) await sleep(3)
}

/**
 * Who answered; undefined when nobody did.
 *
 * @param {string} url
 * @returns {Promise<string | undefined>}
 */
export function memberAt(url) {
  return new Promise((resolve) => {
    const asked = request(url, { agent: false, timeout: 2000 }, (answer) => {
      answer.resume().on('end', () => resolve(answer.headers['x-member']?.toString()))
    })
    asked.on('timeout', () => asked.destroy()).on('error', () => resolve(undefined))
    asked.end()
  })
}

/**
 * Asks the front until members that were not there before have answered.
 *
 * @param {string} url
 * @param {ReadonlySet<string>} before
 * @param {number} count - of new members
 * @returns {Promise<{ first: number, all: number }>} moments, by performance.now()
 */
export async function untilServed(url, before, count) {
  /** @type {Set<string>} */
  const seen = new Set()
  let first = 0
  while (seen.size < count) {
    const member = await memberAt(url)
    if (member !== undefined && !before.has(member) && !seen.has(member)) {
      seen.add(member)
      if (first === 0) first = performance.now()
    }
    await sleep(3)
  }
  return { first, all: performance.now() }
}

/**
 * Writes, tests and reloads; nothing is waited for.
 *
 * @param {Front} front
 * @param {readonly string[]} ips
 */
export function bareReload(front, ips) {
  const servers = ips.map((ip) => `server ${ip}:8080;`).join(' ')
  const text = `upstream backend { ${servers} }
server { listen ${new URL(front.url).port}; location / { proxy_pass http://backend; } }`
  writeFileSync(front.options.configFile, text)
  spawnSync('nginx', ['-c', front.options.mainConfigFile, '-t'])
  spawnSync('nginx', ['-c', front.options.mainConfigFile, '-s', 'reload'])
}
