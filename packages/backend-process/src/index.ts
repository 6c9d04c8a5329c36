export { processes } from './backend.js'
export type { Environment } from './options/environment.js'
export { labels } from './labels.js'
export type { ProcessesOptions } from './options.js'
