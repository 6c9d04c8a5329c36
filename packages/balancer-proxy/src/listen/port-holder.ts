import { readFile, readdir, readlink } from 'node:fs/promises'
import { basename } from 'node:path'

/** The program that listens on a port of this host, where Linux tells and this user may see it: `process 47 (nginx)`. */
export async function findPortHolder(port: number): Promise<string | undefined> {
  try {
    const sockets = await listeningSockets(port)
    if (sockets.size === 0) return undefined
    for (const pid of (await readdir('/proc')).filter((name) => /^\d+$/.test(name))) {
      if (!(await holdsOne(pid, sockets))) continue
      if (Number(pid) === process.pid) return 'this very process'
      const name = await programOf(pid)
      return `process ${pid}${name === '' ? '' : ` (${name})`}`
    }
  } catch {
    // No /proc: macOS, say.
  }
  return undefined
}

/** The file it runs; where that is closed to us, what it calls itself, which for a Node of today is `MainThread`. */
async function programOf(pid: string): Promise<string> {
  try {
    // A file that was replaced while its program runs is marked so.
    return basename(await readlink(`/proc/${pid}/exe`)).replace(/ \(deleted\)$/, '')
  } catch {
    return (await readFile(`/proc/${pid}/comm`, 'utf8').catch(() => '')).trim()
  }
}

const listening = '0A'

/** Inodes of the sockets that listen on a port, from lines of `number: address:port remote state … inode`. */
export function parseListening(table: string, port: number): readonly string[] {
  const suffix = `:${port.toString(16).toUpperCase().padStart(4, '0')}`
  return table.split('\n').flatMap((line) => {
    const [, local = '', , state, , , , , , inode] = line.trim().split(/\s+/)
    return state === listening && local.endsWith(suffix) && inode !== undefined ? [inode] : []
  })
}

async function listeningSockets(port: number): Promise<ReadonlySet<string>> {
  const tables = await Promise.all(
    ['tcp', 'tcp6'].map(async (name) => readFile(`/proc/net/${name}`, 'utf8').catch(() => '')),
  )
  return new Set(tables.flatMap((table) => parseListening(table, port)).map((inode) => `socket:[${inode}]`))
}

async function holdsOne(pid: string, sockets: ReadonlySet<string>): Promise<boolean> {
  // Another user's are closed to us.
  const descriptors = await readdir(`/proc/${pid}/fd`).catch(() => [])
  for (const descriptor of descriptors) {
    const target = await readlink(`/proc/${pid}/fd/${descriptor}`).catch(() => '')
    if (sockets.has(target)) return true
  }
  return false
}
