import { until } from '../../lib/until.js'
import { attempt, cli, everyContainer } from './docker-cli.js'
import { webImage } from './docker-group.js'

/** @typedef {{ readonly name: string, id: string }} Stranger */

/** What answers is no member: a front that still has the addresses of members that have gone may lead to a stranger. */
const command = ['/bin/sh', '-c', 'echo stranger > /www/index.html; exec httpd -f -p 8080 -h /www']

/** More than these are not kept: what the monkey made first, it removes first. */
const most = 6

/** Containers of others, which look like the group's by name or by label. */
export class Strangers {
  #network
  #count = 0
  /** A name is here before its container is. @type {Stranger[]} */
  #known = []

  /** @param {string} network */
  constructor(network) {
    this.#network = network
  }

  /** @param {string} name */
  has(name) {
    return this.#known.some((stranger) => stranger.name === name)
  }

  /**
   * @param {{ image?: string, labels?: Readonly<Record<string, string>> }} [given]
   * @returns {Promise<string>} its name
   */
  async run({ image = webImage, labels = {} } = {}) {
    this.#count += 1
    const stranger = { name: `chaos-stranger${this.#count}`, id: '' }
    this.#known.push(stranger)
    const options = Object.entries(labels).flatMap(([name, value]) => ['--label', `${name}=${value}`])
    const place = ['--init', '--restart', 'always', '--network', this.#network, ...options]
    stranger.id = await cli('run', '-d', '--name', stranger.name, ...place, image, ...command)
    const [first] = this.#known
    if (this.#known.length > most && first !== undefined) {
      await attempt('rm', '-f', '-v', first.id)
      this.#known.shift()
    }
    return stranger.name
  }

  /** Who has gone, changed or does not run, in words. An engine that came back starts them again. */
  async harm() {
    await until(async () => (await this.#missing()).length === 0, 10_000, 200).catch(() => {})
    return (await this.#missing()).map(({ name }) => `the stranger ${name} was ended, removed or renamed`)
  }

  async #missing() {
    const found = await everyContainer()
    return this.#known.filter(
      ({ id, name }) => !found.some((row) => row.id === id && row.name === name && row.state === 'running'),
    )
  }
}
