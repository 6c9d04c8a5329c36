import type { FaultyProxy } from './faulty-proxy.js'

const sections = {
  CONTAINERS: /^\/containers\//,
  EXEC: /^\/exec\//,
  EVENTS: /^\/events/,
  IMAGES: /^\/images\//,
  INFO: /^\/info/,
  NETWORKS: /^\/networks/,
  NODES: /^\/nodes/,
  SERVICES: /^\/services/,
  TASKS: /^\/tasks/,
  VERSION: /^\/version/,
} as const

/** A section of the engine's API as socket proxies name them, or `POST`: every method that changes something. */
export type Right = keyof typeof sections | 'POST'

/** What a socket proxy with these rights alone lets through. */
export function only(...rights: readonly Right[]): FaultyProxy['allows'] {
  return (method, path) => {
    if (method !== 'GET' && method !== 'HEAD' && !rights.includes('POST')) return false
    return path === '/_ping' || rights.some((right) => right !== 'POST' && sections[right].test(path))
  }
}
