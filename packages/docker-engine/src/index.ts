export { describeConnection, type Connection, type TlsTexts } from './connection.js'
export { connectionEntries, type ConnectionOptions, type TlsFiles } from './connection-options.js'
export { openDocker, type Docker, type DockerClient } from './docker-client.js'
export type { Environment } from './docker-contexts.js'
export {
  fromDocker,
  isBeingRemoved,
  isNameTaken,
  isNoSuchImage,
  isNotFound,
  isNotModified,
  isOutOfSequence,
  isPausedRefusal,
  isStaleEndpoint,
  isUnreadableLog,
  isWithoutAnswer,
  type Attempt,
} from './errors.js'
export { findEngine, type FoundEngine, type OptionNames } from './find-engine.js'
