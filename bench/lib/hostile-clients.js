import { readFile } from 'node:fs/promises'
import { connect } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'

/** @typedef {{ openMs: number[], stillOpen: number }} Endurance */

/**
 * Opens connections that do nothing good, and sees how long each is let be.
 *
 * @param {number} port
 * @param {{ count: number, boundMs: number, say?: (socket: import('node:net').Socket) => (() => void) | void }} options -
 *   `say` begins what a connection does, and may return what ends it
 * @returns {Promise<Endurance>}
 */
export async function endure(port, { count, boundMs, say }) {
  const openMs = await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect({ host: '127.0.0.1', port })
      socket.on('error', () => {})
      const startMs = performance.now()
      const stop = say?.(socket)
      const isClosed = await Promise.race([
        new Promise((resolve) => socket.once('close', () => resolve(true))),
        untilGone(socket, boundMs),
      ])
      stop?.()
      socket.destroy()
      return isClosed ? performance.now() - startMs : Number.NaN
    }),
  )
  const ended = openMs.filter((ms) => !Number.isNaN(ms))
  return { openMs: ended, stillOpen: count - ended.length }
}

/** Reads on, so that the other side's close is seen. @param {import('node:net').Socket} socket */
export function silent(socket) {
  socket.resume()
}

/** One header line each second, and never the last. @param {import('node:net').Socket} socket */
export function dripping(socket) {
  socket.resume()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n')
  const timer = setInterval(() => socket.write('X-A: 1\r\n'), 1000)
  return () => clearInterval(timer)
}

/** One good request, and then nothing. @param {import('node:net').Socket} socket */
export function idle(socket) {
  socket.resume()
  socket.write('GET / HTTP/1.1\r\nHost: a\r\n\r\n')
}

/** Asks for much and reads nothing. @param {import('node:net').Socket} socket */
export function unreading(socket) {
  socket.pause()
  socket.write('GET /large HTTP/1.1\r\nHost: a\r\n\r\n')
}

const established = '01'

/**
 * Who reads nothing does not see that the other side has closed, but the kernel knows of that side.
 *
 * @param {import('node:net').Socket} socket
 * @param {number} boundMs
 * @returns {Promise<boolean>} false when it is open still after the bound
 */
async function untilGone(socket, boundMs) {
  const endMs = performance.now() + boundMs
  await sleep(1000)
  const local = `:${(socket.localPort ?? 0).toString(16).toUpperCase().padStart(4, '0')}`
  while (!socket.destroyed && performance.now() < endMs) {
    await sleep(1000)
    const table = await readFile('/proc/net/tcp', 'utf8').catch(() => '')
    const states = table.split('\n').map((line) => line.trim().split(/\s+/))
    if (table !== '' && !states.some(([, , other, state]) => other?.endsWith(local) && state === established))
      return true
  }
  return socket.destroyed
}

/**
 * Uploads to a member that refuses early, one after another.
 *
 * @param {number} port
 * @param {number} count
 * @returns {Promise<number>} how many got the member's 413
 */
export async function earlyAnswers(port, count) {
  let passed = 0
  for (let round = 0; round < count; round += 1) if ((await upload(port)) === '413') passed += 1
  return passed
}

/** More than the buffers on the way hold at once. */
const uploadBytes = 8 * 2 ** 20

/** @param {number} port */
async function upload(port) {
  const body = Buffer.alloc(64 * 1024, 'x')
  return new Promise((resolve) => {
    let received = ''
    let left = uploadBytes
    const socket = connect({ host: '127.0.0.1', port })
    const send = () => {
      while (socket.writable && left > 0) {
        left -= body.length
        if (!socket.write(body)) return
      }
    }
    socket.on('connect', () => {
      socket.write(`POST /early HTTP/1.1\r\nHost: a\r\nContent-Length: ${uploadBytes}\r\n\r\n`)
      send()
    })
    socket.on('drain', send)
    socket.on('data', (chunk) => {
      received += chunk.toString('latin1')
      if (/\r\n\r\n.+/.test(received)) socket.destroy()
    })
    socket.on('error', () => {})
    socket.setTimeout(5000, () => socket.destroy())
    socket.on('close', () => resolve(received.slice(9, 12)))
  })
}

/**
 * Half-sent heads from one client, held open as long as they are let, and good requests meanwhile.
 *
 * @param {number} port
 * @param {{ halves: number, good: number }} options
 */
export async function besideHalfSent(port, { halves, good }) {
  const sockets = Array.from({ length: halves }, () => {
    const socket = connect({ host: '127.0.0.1', port })
    socket.on('error', () => {})
    socket.resume()
    socket.write('GET / HTTP/1.1\r\nHost: a\r\n')
    return socket
  })
  await sleep(1500)
  let answered = 0
  for (let round = 0; round < good; round += 1) if (await isAnswered(port)) answered += 1
  return {
    answered,
    release: () => {
      for (const socket of sockets) socket.destroy()
    },
  }
}

/**
 * One good request on a connection of its own.
 *
 * @param {number} port
 * @returns {Promise<string>} all that came back
 */
export async function ask(port) {
  return new Promise((resolve) => {
    let received = ''
    const socket = connect({ host: '127.0.0.1', port })
    socket.write('GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')
    socket.setTimeout(2000, () => socket.destroy())
    socket.on('data', (chunk) => (received += chunk.toString('latin1')))
    socket.on('error', () => {})
    socket.on('close', () => resolve(received))
  })
}

/** @param {number} port */
async function isAnswered(port) {
  return (await ask(port)).startsWith('HTTP/1.1 200 ')
}
