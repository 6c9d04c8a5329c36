export { ConfigError, problemText, type ConfigProblem } from './problem.js'
export {
  readConfig,
  readConfigText,
  type Config,
  type GroupConfig,
  type ReadConfigOptions,
} from './read-config.js'
export { configJsonSchema } from './schema/json-schema.js'
