import { readFileSync, readdirSync } from 'node:fs'
import { createServer } from 'node:http'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { virsh } from './kvm-observer.js'

/** @import { Host } from '../../../labs/kvm/places.js' */

const lookMs = 300

/**
 * The program that a guest boots, from a disk's first sector: it does nothing, and powers off when ACPI asks it to.
 *
 *     sti; 0x602 <- 0x100 (the power button is heard); again: hlt; bit 8 of 0x600 clear? again; 0x604 <- 0x2000 (off)
 */
export const bootSector = (() => {
  const code = 'fbba0206b80001efba0006f4edf6c40174f9ba0406b80020efebf0'
  const sector = Buffer.alloc(1 << 20)
  sector.write(code, 'hex')
  sector.writeUInt16BE(0x55aa, 510)
  return sector
})()

/**
 * Guests of an operating system take ten seconds and more to boot under emulation. These are up at once and cannot speak
 * IP: this server answers in their place, on each address for as long as the machine that has it runs. A suspended one
 * takes connections and is silent; one that is gone breaks them off.
 *
 * @param {readonly Host[]} hosts
 * @param {string} network
 */
export function serveForGuests(hosts, network) {
  /** By MAC: the address that its machine booted with. @type {Map<string, string>} */
  const addresses = new Map()
  /** By pid: of the machines that there are. @type {Map<number, Guest>} */
  const guests = new Map()
  /** By host: names of suspended machines, as they were when libvirtd last answered. @type {Map<string, ReadonlySet<string>>} */
  const suspended = new Map()
  const over = new AbortController()

  const look = async () => {
    learnGuests(guests)
    for (const host of hosts) for (const [mac, ip] of entriesOf(host, network)) addresses.set(mac, ip)
    await Promise.all(
      hosts.map(async ({ name, uri }) => {
        const lines = (await virsh(uri, 'list', '--state-paused', '--name').catch(() => undefined))?.split(
          '\n',
        )
        if (lines !== undefined) suspended.set(name, new Set(lines.map((line) => line.trim())))
      }),
    )
  }
  const looking = (async () => {
    while (!over.signal.aborted) {
      await look().catch(() => undefined)
      await sleep(lookMs)
    }
  })()

  const stateOf = (/** @type {string} */ ip) => {
    learnGuests(guests)
    const those = [...guests.values()].filter(({ mac }) => addresses.get(mac) === ip)
    if (those.length === 0) return 'gone'
    const isSuspended = those.every(({ name, host }) => suspended.get(host)?.has(name) === true)
    return isSuspended ? 'suspended' : 'running'
  }
  const server = createServer((request, response) => {
    const state = stateOf(request.socket.localAddress ?? '')
    if (state === 'running') setTimeout(() => response.end('done\n'), request.url === '/health' ? 0 : 5)
    else if (state === 'gone') request.socket.destroy()
  })
  server.listen(80, '0.0.0.0')
  return {
    async stop() {
      over.abort()
      server.close()
      server.closeAllConnections()
      await looking
    },
  }
}

/** @typedef {{ name: string, mac: string, host: string }} Guest */

/**
 * QEMUs by the kernel's list of processes: what is new among them is read, what is gone is forgotten.
 *
 * @param {Map<number, Guest>} guests
 */
function learnGuests(guests) {
  for (const pid of guests.keys())
    if (!textOf(`/proc/${pid}/comm`).startsWith('qemu-system')) guests.delete(pid)
  for (const pid of readdirSync('/proc').map(Number)) {
    if (!Number.isInteger(pid) || guests.has(pid)) continue
    if (!textOf(`/proc/${pid}/comm`).startsWith('qemu-system')) continue
    const line = textOf(`/proc/${pid}/cmdline`)
    const [, name] = /guest=([^,\0]+)/.exec(line) ?? []
    const [, mac] = /"mac":"([^"]+)"/.exec(line) ?? []
    // Each libvirtd has its own directory mounted in place of libvirt's.
    const [, host] = /\/([^/ ]+)\/run \/run\/libvirt /.exec(textOf(`/proc/${pid}/mountinfo`)) ?? []
    if (name !== undefined && mac !== undefined && host !== undefined) guests.set(pid, { name, mac, host })
  }
}

/**
 * What dnsmasq is told.
 *
 * @param {Host} host
 * @param {string} network
 */
function entriesOf({ directory }, network) {
  return textOf(join(directory, 'lib/dnsmasq', `${network}.hostsfile`))
    .split('\n')
    .flatMap((line) => {
      const [mac = '', ip = ''] = line.split(',')
      return ip === '' ? [] : [/** @type {const} */ ([mac.toLowerCase(), ip])]
    })
}

/** @param {string} path */
function textOf(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch {
    return ''
  }
}
