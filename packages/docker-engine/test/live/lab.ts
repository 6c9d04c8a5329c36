/** What `npm run lab -- docker` says to the live suites. Without it they fail: where they are asked for, they run. */
function variable(name: string): string {
  const value = process.env[name]
  if (value === undefined || value === '') {
    throw new Error(`${name} is not set: run the live suites by npm run lab -- docker`)
  }
  return value
}

/** Socket of the engine. */
export const socketPath = (): string => variable('FLOTILLA_LIVE_DOCKER')

/** Socket of Podman's service, which has the same images and the network. */
export const podmanSocket = (): string => variable('FLOTILLA_LIVE_PODMAN')

/** Socket of an engine that runs without rights; the same. */
export const rootlessSocket = (): string => variable('FLOTILLA_LIVE_ROOTLESS')

/** File that says how the engine is started. */
export const daemonFile = (): string => variable('FLOTILLA_LIVE_DOCKER_DAEMON')

/** A manager of a swarm, and then a worker node: their host names and sockets. */
export const swarmNodes = (): readonly { readonly host: string; readonly socket: string }[] =>
  variable('FLOTILLA_LIVE_SWARM')
    .split(',')
    .map((node) => {
      const [host = '', socket = ''] = node.split('=')
      return { host, socket }
    })

/** busybox: an HTTP server on 8080. */
export const webImage = 'flotilla-lab/web:1'
/** node: labs/docker/worker on 8080. */
export const workerImage = 'flotilla-lab/worker:1'
/** A user-defined network. */
export const network = 'flotilla-lab'
