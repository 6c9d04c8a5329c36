import { nginxImage } from '../../../labs/docker/nginx-image.js'
import { until } from '../../lib/until.js'
import { attempt, cli } from './docker-cli.js'

export const upstream = 'backend'
export const ourFile = `/etc/nginx/conf.d/flotilla-${upstream}.conf`
const operatorsFile = '/etc/nginx/conf.d/of-the-operator.conf'
const operatorsText = 'map $arg_chaos $of_the_operator { default 1; }'

/** Nginx in a container `nginx-lb`, at an address that it gets again when it is run again. */
export class ContainerFront {
  container = 'nginx-lb'
  url
  #network
  #address
  #id = ''

  /** @param {{ network: string, address: string }} place */
  constructor({ network, address }) {
    this.#network = network
    this.#address = address
    this.url = `http://${address}/`
  }

  /**
   * Runs it again as an operator does, or for the first time.
   *
   * @param {{ keepsFile?: boolean }} [given] whether our file is put back into it
   */
  async run({ keepsFile = false } = {}) {
    const { container } = this
    const kept = keepsFile ? await this.read(ourFile) : undefined
    await attempt('rm', '-f', container)
    const place = ['--network', this.#network, '--ip', this.#address]
    this.#id = await cli('run', '-d', '--name', container, '--restart', 'always', ...place, nginxImage)
    await this.write(operatorsFile, operatorsText)
    if (kept !== undefined) await this.write(ourFile, kept)
    await this.reload()
  }

  /** @param {string} script */
  async sh(script) {
    return cli('exec', this.container, 'sh', '-c', script)
  }

  async reload() {
    await this.sh('nginx -s reload')
  }

  /** @param {string} file */
  async read(file) {
    return this.sh(`cat ${file}`).catch(() => undefined)
  }

  /**
   * @param {string} file
   * @param {string} text
   */
  async write(file, text) {
    await cli('exec', this.container, 'sh', '-c', 'echo "$1" > "$0"', file, text)
  }

  /**
   * Clients get a member's answers again.
   *
   * @param {number} withinMs
   */
  async answers(withinMs) {
    await until(async () => isWell(this.url), withinMs, 50)
  }

  /** What of the operator's was changed, in words. */
  async harm() {
    const id = await cli('inspect', '--format', '{{.Id}}', this.container)
    const text = await this.read(operatorsFile)
    return [
      ...(id === this.#id ? [] : ['the container of Nginx is another']),
      ...(text === operatorsText ? [] : [`the operator's file in Nginx says ${text}`]),
    ]
  }
}

/** The page of the image. */
const memberSays = 'flotilla\n'

/** @param {string} url */
async function isWell(url) {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(1000), headers: { connection: 'close' } })
    return answer.status === 200 && (await answer.text()) === memberSays
  } catch {
    return false
  }
}
