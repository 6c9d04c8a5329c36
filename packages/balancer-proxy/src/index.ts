export { proxy, type Proxy } from './proxy.js'
export type { ProxyOptions } from './options.js'
export type { Algorithm } from './members/algorithm.js'
export type { ForwardedMode } from './http/heads/prepare-request.js'
