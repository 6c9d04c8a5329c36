import { testLoadBalancer } from '@flotilla/core/testing'
import Docker from 'dockerode'
import { beforeAll, describe, it } from 'vitest'
import { ContainerRig, drainMs } from './container-rig.js'
import { buildImage } from './nginx-image.js'

const docker = new Docker()
beforeAll(() => buildImage(docker))

testLoadBalancer({ describe, it }, 'nginx in a container', {
  drainMs,
  async make() {
    const rig = await ContainerRig.start(docker, { balancer: { binary: '/nginx-that-may-fail' } })
    let updateCount = 0
    let lastInode = ''
    return {
      balancer: {
        name: rig.balancer.name,
        async sync(members, options) {
          try {
            return await rig.balancer.sync(members, options)
          } finally {
            const inode = await rig.exec('stat', '-c', '%i', '/etc/nginx/conf.d/flotilla-backend.conf')
            if (inode !== lastInode) updateCount += 1
            lastInode = inode
          }
        },
        check: (options) => rig.balancer.check(options),
        close: () => rig.balancer.close(),
      },
      ...rig.traffic,
      failNextUpdate: async () => void (await rig.exec('touch', '/tmp/fail-next')),
      async lose() {
        await rig.exec('rm', '-f', '/etc/nginx/conf.d/flotilla-backend.conf')
        await rig.container.restart()
        await rig.untilRunning()
      },
      updateCount: () => updateCount,
      cleanup: () => rig.stop(),
    }
  },
})
