import { Server } from 'node:net'

/** Closes whatever server of this process listens on a port, as a fault would: nobody tells its owner. */
export function closeServer(port: number): void {
  for (const server of activeServers()) {
    const address = server.address()
    if (typeof address === 'object' && address?.port === port) server.close()
  }
}

function activeServers(): readonly Server[] {
  // Node's own view of what is open; it has no other name.
  // oxlint-disable-next-line no-underscore-dangle
  const handles = (process as unknown as { _getActiveHandles(): unknown[] })._getActiveHandles()
  return handles.filter((handle) => handle instanceof Server)
}
