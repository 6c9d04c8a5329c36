import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { sh } from '../lib/sh.js'
import { docker } from './tools.js'

/** Of this machine's own nginx, and a service's file on the worker's image: what examples/docker-nginx needs. */
export const nginxImage = 'flotilla-lab/nginx:1'
export const webImage = 'flotilla-lab/example:1'

const nginxProgram = '/usr/sbin/nginx'

const nginxConfig = `worker_processes 2;
worker_shutdown_timeout 30s;
pid /run/nginx.pid;
error_log /dev/stderr notice;
events { worker_connections 1024; }
http {
  access_log off;
  include /etc/nginx/conf.d/*.conf;
}
`

/**
 * An image with nginx as its registry's image has it: our file goes to /etc/nginx/conf.d.
 *
 * @param {string} socket - of the engine that gets it
 */
export async function buildNginxImage(socket) {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-lab-nginx-'))
  try {
    for (const name of ['tmp', 'run', 'etc/nginx/conf.d', 'var/lib/nginx', 'var/log/nginx']) {
      mkdirSync(join(root, name), { recursive: true })
    }
    for (const path of [nginxProgram, ...(await librariesOf(nginxProgram))]) {
      copy(path, join(root, path))
    }
    // The API's archive upload and exec need nothing of these; a person looking around does.
    copy('/bin/busybox', join(root, 'bin/busybox'))
    for (const applet of ['sh', 'mv', 'rm', 'cat', 'stat']) copy('/bin/busybox', join(root, 'bin', applet))
    mkdirSync(join(root, 'usr/bin'), { recursive: true })
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n')
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
    writeFileSync(join(root, 'etc/nginx/nginx.conf'), nginxConfig)
    const tar = `${root}.tar`
    await sh('tar', ['--owner=0', '--group=0', '-C', root, '-cf', tar, '.'])
    const command = `CMD ["${nginxProgram}", "-g", "daemon off;"]`
    const path = 'ENV PATH=/usr/sbin:/usr/bin:/bin'
    await docker(socket, ['import', '--change', command, '--change', path, tar, nginxImage])
    rmSync(tar)
  } finally {
    rmSync(root, { recursive: true, force: true })
  }
}

/**
 * The example's service on the lab's image with node.
 *
 * @param {string} socket
 */
export async function buildWebImage(socket) {
  const id = (await docker(socket, ['create', 'flotilla-lab/worker:1'])).trim()
  const server = new URL('../../examples/docker-nginx/web/server.js', import.meta.url).pathname
  try {
    // No package.json beside it says that it is a module.
    await docker(socket, ['cp', server, `${id}:/server.mjs`])
    await docker(socket, ['commit', '--change', 'CMD ["/bin/node", "/server.mjs"]', id, webImage])
  } finally {
    await docker(socket, ['rm', id])
  }
}

/** @param {string} program */
async function librariesOf(program) {
  const lines = (await sh('ldd', [program])).split('\n')
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? [])
}

/**
 * @param {string} from
 * @param {string} to
 */
function copy(from, to) {
  mkdirSync(dirname(to), { recursive: true })
  copyFileSync(realpathSync(from), to)
  chmodSync(to, 0o755)
}
