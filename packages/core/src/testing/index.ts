export type { Backend } from '../backend.js'
