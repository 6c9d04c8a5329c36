export { swarmService } from './backend.js'
export type { Reservation, RollingUpdate, SwarmServiceOptions } from './options.js'
export {
  dockerEngine,
  labels,
  type ConnectionOptions,
  type DockerEngine,
  type DockerEngineOptions,
  type RegistryAuth,
  type TlsFiles,
} from '@flotilla/docker-engine'
