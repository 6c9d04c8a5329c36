import type { Socket } from 'node:net'

/** How long a client may take to read the last answer and stop sending, as Nginx's `lingering_time`. */
export const lingerMs = 30_000

/**
 * Has a connection closed gently after its last answer while the client is still sending: a plain close would be told to
 * it as a reset, and the answer would be lost on the way. What it sends meanwhile is read and dropped.
 */
export function lingerAtClose(socket: Socket): void {
  socket.destroySoon = () => {
    socket.end()
    socket.resume()
    closeAfterLinger(socket)
  }
}

/** Closes a connection unless it has closed by itself within the bound. */
export function closeAfterLinger(socket: Socket, isStillWanted: () => boolean = () => false): void {
  const timer = setTimeout(() => {
    if (!isStillWanted()) socket.destroy()
  }, lingerMs)
  timer.unref()
  socket.once('close', () => clearTimeout(timer))
}
