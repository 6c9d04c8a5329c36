export { docker } from './backend.js'
export type { AddressKind, DockerOptions } from './options.js'
export {
  dockerEngine,
  labels,
  type ConnectionOptions,
  type DockerEngine,
  type DockerEngineOptions,
  type PullProgress,
  type RegistryAuth,
  type TlsFiles,
} from '@flotilla/docker-engine'
