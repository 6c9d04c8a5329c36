import { chmod, rm, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { httpTraffic, testLoadBalancer } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { nginx } from '../../../src/index.js'
import { freePort, RealNginx, run } from '../real-nginx.js'
import { ways } from '../ways.js'

const drainMs = 4000

describe.each(Object.entries(ways))('%s', (way, reach) => {
  testLoadBalancer({ describe, it }, `nginx ${way}`, {
    drainMs,
    async make() {
      const real = await RealNginx.start({ main: `worker_shutdown_timeout ${drainMs}ms;` })
      const { configFile, mainConfigFile, pidFile } = real
      const port = await freePort()
      const traffic = httpTraffic({ url: () => `http://127.0.0.1:${port}` })
      const binary = join(real.directory, 'nginx-that-may-fail')
      const fault = join(real.directory, 'fail-next')
      await writeFile(
        binary,
        `#!/bin/sh
if [ -e ${fault} ]; then rm ${fault}; echo 'nginx: [emerg] a fault of the test' >&2; exit 1; fi
exec nginx "$@"
`,
      )
      await chmod(binary, 0o755)
      let updateCount = 0
      let lastIno = 0
      const balancer = nginx({
        upstream: 'backend',
        listen: `127.0.0.1:${port}`,
        drainTimeoutMs: drainMs,
        ...reach({ configFile, mainConfigFile, pidFile, binary }),
      })
      return {
        balancer: {
          name: balancer.name,
          async sync(members, options) {
            try {
              return await balancer.sync(members, options)
            } finally {
              const ino = await stat(real.configFile).then(
                (file) => file.ino,
                () => 0,
              )
              if (ino !== lastIno) updateCount += 1
              lastIno = ino
            }
          },
          check: (options) => balancer.check(options),
          close: () => balancer.close(),
        },
        ...traffic,
        failNextUpdate: () => writeFile(fault, ''),
        async lose() {
          await rm(real.configFile)
          await run('nginx', ['-c', real.mainConfigFile, '-s', 'reload'])
        },
        updateCount: () => updateCount,
        async cleanup() {
          await traffic.cleanup()
          await real.stop()
        },
      }
    },
  })
})
