import { unlessMissing } from '@flotilla/core/authoring'
import { open, truncate, writeFile } from 'node:fs/promises'

/** Enough for any last lines that are worth showing. */
const tailBytes = 64 * 1024

/** Where one instance's output is: the file that it appends to, and what was cut off from it last. */
export interface OutputPaths {
  readonly current: string
  readonly previous: string
}

/** The end of what an instance wrote; empty when there is nothing. */
export async function readTail({ current, previous }: OutputPaths): Promise<string> {
  const end = await readEnd(current, tailBytes)
  if (end.length >= tailBytes) return end.toString()
  const before = await readEnd(previous, tailBytes - end.length)
  return Buffer.concat([before, end]).toString()
}

/**
 * Keeps output within its bound: once it is longer than `maxBytes`, its last half is put aside, in the place of what was
 * put aside before, and it begins anew. The process has the file open to append, so that it goes on at the new end. What
 * it writes between the two steps is lost.
 */
export async function trimOutput({ current, previous }: OutputPaths, maxBytes: number): Promise<void> {
  const kept = await unlessMissing(endIfLonger(current, maxBytes))
  if (kept === undefined) return
  await writeFile(previous, kept, { mode: 0o600 })
  await truncate(current)
}

async function endIfLonger(path: string, maxBytes: number): Promise<Buffer | undefined> {
  const file = await open(path, 'r')
  try {
    const { size } = await file.stat()
    return size > maxBytes ? await readFrom(file, size, Math.ceil(maxBytes / 2)) : undefined
  } finally {
    await file.close()
  }
}

async function readEnd(path: string, bytes: number): Promise<Buffer> {
  const file = await unlessMissing(open(path, 'r'))
  if (file === undefined) return Buffer.alloc(0)
  try {
    return await readFrom(file, (await file.stat()).size, bytes)
  } finally {
    await file.close()
  }
}

async function readFrom(
  file: Awaited<ReturnType<typeof open>>,
  size: number,
  bytes: number,
): Promise<Buffer> {
  const length = Math.min(size, bytes)
  const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, size - length)
  return buffer.subarray(0, bytesRead)
}
