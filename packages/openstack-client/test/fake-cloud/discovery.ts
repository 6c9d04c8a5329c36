import { recorded } from './recorded.js'
import type { Routes } from './routes.js'

/** The version documents of the services, where the recorded catalogue has them. */
export function discoveryRoutes(cloud: Routes): void {
  cloud.on('GET', '/compute/v2.1/', () => recorded('disc-nova-v21'))
  cloud.on('GET', '/network/', () => recorded('disc-neutron-root'))
  cloud.on('GET', '/image/', () => recorded('disc-glance-root'))
  cloud.on('GET', '/placement/', () => recorded('disc-placement-root'))
}
