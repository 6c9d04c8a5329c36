import { type Docker, type RegistryAuth, readLog } from '@flotilla/docker-engine'
import type { Service, SwarmApi, SwarmNode, Task } from './swarm-api.js'

/** A swarm's manager, through dockerode. */
export function dockerodeSwarm(docker: Docker): SwarmApi {
  return {
    async listServices(label, { signal }) {
      const options = { filters: { label: [label] }, abortSignal: signal }
      return (await docker.listServices(options)) as unknown as readonly Service[]
    },
    async inspectService(idOrName, { signal }) {
      return (await docker.getService(idOrName).inspect({ abortSignal: signal })) as Service
    },
    async createService({ spec, auth }, { signal }) {
      const create = docker.createService.bind(docker) as Create
      return (await create(auth, { ...spec, abortSignal: signal })).id
    },
    async updateService({ id, version, spec, auth }, { signal }) {
      const service = docker.getService(id)
      const update = service.update.bind(service) as Update
      // Said apart, for dockerode would put the whole specification into the address too.
      await update(auth, { _query: { version }, _body: spec, abortSignal: signal })
    },
    async removeService(id, { signal }) {
      await docker.getService(id).remove({ abortSignal: signal })
    },
    async listTasks(serviceIds, { signal }) {
      const options = { filters: { service: [...serviceIds] }, abortSignal: signal }
      return (await docker.listTasks(options)) as readonly Task[]
    },
    async listNodes({ signal }) {
      return (await docker.listNodes({ abortSignal: signal })) as readonly SwarmNode[]
    },
    async taskLogs(id, lines, { signal }) {
      return readLog(docker, { of: `tasks/${id}`, lines, signal })
    },
  }
}

/** The client takes credentials first, whatever its types say. */
type Create = (auth: RegistryAuth | undefined, options: object) => Promise<{ readonly id: string }>
type Update = (auth: RegistryAuth | undefined, options: object) => Promise<unknown>
