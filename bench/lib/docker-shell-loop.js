import { spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { docker } from '../../labs/docker/tools.js'
import { workerOptions } from './docker-group.js'
import { benchDirectory, node } from './docker-lab.js'

/** @import { Front } from './docker-front.js' */

const loopMs = 8000
const cooldownMs = 15_000
const most = 5

/**
 * The rule that many labs teach, as they write it: every 8 s `docker stats --no-stream` of one replica after the other;
 * an average above 20 % starts one, below 5 % stops the last, then 15 s of rest; one to five replicas.
 *
 * @param {Front} front
 * @param {{ cpuMs: number, onSize: (size: number) => void }} given
 */
export async function shellLoop(front, { cpuMs, onSize }) {
  const stop = new AbortController()
  /** @type {{ name: string, ip: string }[]} */
  const replicas = []
  let lastMs = -Infinity

  const reload = () => {
    const servers = replicas.map(({ ip }) => `server ${ip}:8080;`).join(' ')
    const text = `upstream backend { ${servers} }
server { listen ${new URL(front.url).port}; location / { proxy_pass http://backend; } }`
    writeFileSync(front.options.configFile, text)
    spawnSync('nginx', ['-c', front.options.mainConfigFile, '-s', 'reload'])
    onSize(replicas.length)
  }
  const add = async () => {
    const name = `flask_${replicas.length + 1}`
    const options = ['--name', name, '--init', '-e', `CPU_MS=${cpuMs}`, '-v', `${benchDirectory}:/bench:ro`]
    await docker(node.socket, ['run', '-d', ...options, workerOptions.image, ...workerOptions.command])
    const format = '{{.NetworkSettings.IPAddress}}'
    replicas.push({
      name,
      ip: (await docker(node.socket, ['inspect', '--format', format, name])).trim(),
    })
    reload()
  }
  const remove = async () => {
    const last = replicas.pop()
    if (last === undefined) return
    await docker(node.socket, ['stop', last.name])
    await docker(node.socket, ['rm', last.name])
    reload()
  }
  const look = async () => {
    let sum = 0
    for (const { name } of replicas) {
      const args = ['stats', '--no-stream', '--format', '{{.CPUPerc}}', name]
      sum += parseFloat(await docker(node.socket, args))
    }
    const average = sum / replicas.length
    if (performance.now() - lastMs < cooldownMs) return
    if (average > 20 && replicas.length < most) await add()
    else if (average < 5 && replicas.length > 1) await remove()
    else return
    lastMs = performance.now()
  }
  const loop = async () => {
    while (!stop.signal.aborted) {
      await look()
      await sleep(loopMs, undefined, { signal: stop.signal }).catch(() => {})
    }
  }
  await add()
  const looping = loop()
  return {
    stop: async () => {
      stop.abort()
      await looping
      while (replicas.length > 0) {
        const { name } = replicas.pop() ?? { name: '' }
        await docker(node.socket, ['rm', '-f', name])
      }
    },
  }
}
