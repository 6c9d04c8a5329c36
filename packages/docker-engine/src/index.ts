// Which engine, and the way there.
export { describeConnection, type Connection, type TlsTexts } from './connection/connection.js'
export { connectionEntries, type ConnectionOptions, type TlsFiles } from './connection/connection-options.js'
export { openDocker, type Docker, type DockerClient } from './connection/docker-client.js'
export type { Environment } from './connection/docker-contexts.js'
export { findEngine, type FoundEngine, type OptionNames } from './connection/find-engine.js'

// An engine, to be asked within bounds.
export {
  dockerEngine,
  dockerEngineForm,
  Engine,
  givenEngine,
  type DockerEngine,
  type DockerEngineOptions,
  type EngineParts,
  type GivenEngine,
  type Question,
} from './engine.js'
export type * from './api/docker-api.js'
export { lastOutputOf, readLog, type LogRequest } from './api/log.js'
export { labelPrefix, labels } from './labels.js'
export { absentUsage } from './usage/container-sample.js'
export { UsageReader, type UsageReaderOptions } from './usage/usage-reader.js'

// What the engine's answers mean.
export {
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
} from './answer.js'
export { fromDocker, type Attempt } from './errors.js'

// Options of whatever runs containers.
export { dockerName, oneLine } from './template/fields.js'
export { imageName } from './template/image.js'
export {
  checkTemplate,
  containerTemplate,
  engineOption,
  templateEntries,
  type ContainerTemplate,
  type TemplateOptions,
  type TemplateValues,
  type Variables,
} from './template/template-options.js'
