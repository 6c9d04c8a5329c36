import type { Docker, DockerClient } from '@flotilla/docker-engine'
import type {
  DockerApi,
  EngineEvent,
  EngineInfo,
  EngineVersion,
  ImageDetails,
  PullProgress,
} from './docker-api.js'
import { dial, readLog } from './log.js'
import { jsonLines } from './json-lines.js'

/** An engine's calls, through dockerode. */
export function dockerodeApi({ docker, close }: DockerClient): DockerApi {
  const container = (id: string): Docker.Container => docker.getContainer(id)
  return {
    async listContainers(label, { signal }) {
      const options = { all: true, filters: { label: [label] }, abortSignal: signal }
      return docker.listContainers(options)
    },
    async createContainer(name, body, { signal }) {
      // Said apart, for dockerode would put the whole body, variables and all, into the address too.
      const request = { _query: { name }, _body: body, abortSignal: signal }
      return (await docker.createContainer(request)).id
    },
    async startContainer(id, { signal }) {
      await container(id).start({ abortSignal: signal })
    },
    async inspectContainer(idOrName, { signal }) {
      return container(idOrName).inspect({ abortSignal: signal })
    },
    async stopContainer(id, graceSeconds, { signal }) {
      await container(id).stop({ t: graceSeconds, abortSignal: signal })
    },
    async removeContainer(id, { signal }) {
      await container(id).remove({ force: true, v: true, abortSignal: signal })
    },
    async unpauseContainer(id, { signal }) {
      await container(id).unpause({ abortSignal: signal })
    },
    async containerLogs(id, lines, { signal }) {
      return readLog(docker, { of: `containers/${id}`, lines, signal })
    },
    async inspectImage(id, { signal }) {
      // dockerode's own call takes no signal.
      const request = {
        path: `/images/${id}/json`,
        method: 'GET',
        abortSignal: signal,
        statusCodes: { 200: true, 404: 'no such image', 500: 'server error' },
      }
      return dial<ImageDetails>(docker, request)
    },
    async version({ signal }) {
      const version = docker.version.bind(docker) as unknown as (options: object) => Promise<EngineVersion>
      return version({ abortSignal: signal })
    },
    async info({ signal }) {
      const info = docker.info.bind(docker) as unknown as (options: object) => Promise<EngineInfo>
      return info({ abortSignal: signal })
    },
    async disconnect(network, containerName, { signal }) {
      const request = { Container: containerName, Force: true, abortSignal: signal }
      await docker.getNetwork(network).disconnect(request)
    },
    async containerStats(id, { signal }) {
      // Without `stream: false` dockerode gives a stream.
      const options = { stream: false as const, 'one-shot': true, abortSignal: signal }
      return container(id).stats(options)
    },
    async pullImage({ image, auth, onProgress }, { signal }) {
      const request = { fromImage: image, abortSignal: signal }
      const stream = await (auth === undefined
        ? docker.createImage(request)
        : docker.createImage(auth, request))
      for await (const line of jsonLines(stream)) {
        const progress = readPullLine(line)
        if (progress !== undefined) onProgress?.(progress)
      }
    },
    async openEvents({ type, actions, label }, { signal }) {
      const filters = {
        type: [type],
        ...(actions === undefined ? {} : { event: [...actions] }),
        ...(label === undefined ? {} : { label: [label] }),
      }
      const stream = await docker.getEvents({ filters, abortSignal: signal })
      return untilAborted(jsonLines(stream), signal) as AsyncIterable<EngineEvent>
    },
    async ping({ signal }) {
      // Its types know no options; the client does.
      const ping = docker.ping.bind(docker) as unknown as (options: object) => Promise<unknown>
      await ping({ abortSignal: signal })
    },
    close,
  }
}

/** Ends without an error when the signal aborts, which breaks the stream below. */
async function* untilAborted<T>(items: AsyncIterable<T>, signal: AbortSignal): AsyncGenerator<T, void> {
  try {
    yield* items
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/**
 * One line of the answer to a pull, as progress; undefined when it says nothing.
 *
 * @throws Error with the engine's own words: what fails after the first byte comes with status 200
 */
export function readPullLine(line: unknown): PullProgress | undefined {
  if (typeof line !== 'object' || line === null) return undefined
  const { error, status, id, progressDetail } = line as Record<string, unknown>
  if (typeof error === 'string') throw Object.assign(new Error(error), { statusCode: 500 })
  if (typeof status !== 'string') return undefined
  const { current, total } = (progressDetail ?? {}) as Record<string, unknown>
  return {
    status,
    layer: typeof id === 'string' ? id : undefined,
    currentBytes: typeof current === 'number' ? current : undefined,
    totalBytes: typeof total === 'number' ? total : undefined,
  }
}
