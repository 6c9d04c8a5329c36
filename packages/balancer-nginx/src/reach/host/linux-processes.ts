import { readdir, readFile, readlink } from 'node:fs/promises'
import { errnoOf, inParallel, parseProcStat } from '@flotilla/core/authoring'
import type { ProcessRow } from '../process-row.js'

/** The process with this number; undefined when there is none, or only its remains. */
export async function linuxProcess(pid: number): Promise<ProcessRow | undefined> {
  const [stat, commandLine] = await Promise.all([procFile(pid, 'stat'), procFile(pid, 'cmdline')])
  if (stat === undefined || commandLine === undefined) return undefined
  const told = parseProcStat(stat)
  if (told === undefined || told.state === 'Z') return undefined
  const title = commandLine.replaceAll('\0', ' ').trimEnd()
  return { id: `${pid}@${told.start}`, pid, parentPid: told.parentPid, title }
}

/** The processes that this one started and that still are there. */
export async function linuxChildren(parentPid: number): Promise<ProcessRow[]> {
  // One read may miss a child while another ends; that they agree says that none ended meanwhile.
  let pids = await childPids(parentPid)
  for (let again = await childPids(parentPid); again.some((pid) => !pids.includes(pid));) {
    pids = [...new Set([...pids, ...again])]
    again = await childPids(parentPid)
  }
  const rows = await Promise.all(pids.map(linuxProcess))
  return rows.filter((row) => row !== undefined && row.parentPid === parentPid) as ProcessRow[]
}

async function childPids(pid: number): Promise<number[]> {
  const text = await procFile(pid, `task/${pid}/children`)
  return (text ?? '').split(' ').flatMap((child) => (child === '' ? [] : [Number(child)]))
}

async function procFile(pid: number, name: string): Promise<string | undefined> {
  try {
    return await readFile(`/proc/${pid}/${name}`, 'utf8')
  } catch (error) {
    if (isGone(error)) return undefined
    throw error
  }
}

/** A process may end between any two looks at it. */
function isGone(error: unknown): boolean {
  const code = errnoOf(error)
  return code === 'ENOENT' || code === 'ESRCH'
}

/** The sockets that a process has open, by the numbers that `/proc/net/tcp` shows. */
export async function linuxSockets(pid: number): Promise<readonly string[]> {
  const links = await inParallel(await openFiles(pid), 32, (file) => linkOf(`/proc/${pid}/fd/${file}`))
  return links.flatMap((link) => /^socket:\[(\d+)\]$/.exec(link)?.[1] ?? [])
}

/** All TCP connections of the network that a process lives in. */
export async function linuxTcpTable(pid: number): Promise<string> {
  const tables = await Promise.all([procFile(pid, 'net/tcp'), procFile(pid, 'net/tcp6')])
  return tables.join('\n')
}

async function openFiles(pid: number): Promise<readonly string[]> {
  try {
    return await readdir(`/proc/${pid}/fd`)
  } catch (error) {
    if (isGone(error)) return []
    throw error
  }
}

async function linkOf(path: string): Promise<string> {
  try {
    return await readlink(path)
  } catch (error) {
    if (isGone(error)) return ''
    throw error
  }
}
