import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import Docker from 'dockerode'

export const image = 'flotilla-test/nginx:1'

const program = '/usr/sbin/nginx'

/** Fails once after somebody made the file; otherwise it is nginx. */
const mayFail = `#!/bin/sh
if [ -e /tmp/fail-next ]; then rm -f /tmp/fail-next; echo 'nginx: [emerg] a fault of the test' >&2; exit 1; fi
exec ${program} "$@"
`

const mainConfig = `
worker_processes 2;
worker_shutdown_timeout 6s;
error_log /dev/stderr notice;
pid /run/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off;
  include /etc/nginx/conf.d/*.conf;
}
`

/** An image made of this machine's own nginx and busybox, as no registry can be reached. */
export async function buildImage(docker: Docker): Promise<void> {
  const root = mkdtempSync(join(tmpdir(), 'flotilla-nginx-image-'))
  const archive = `${root}.tar`
  try {
    for (const name of [
      'bin',
      'tmp',
      'run',
      'etc/nginx/conf.d',
      'var/lib/nginx',
      'var/log/nginx',
      'dev',
      'proc',
    ]) {
      mkdirSync(join(root, name), { recursive: true })
    }
    for (const path of [program, ...librariesOf(program)]) copyInto(root, path)
    copyInto(root, '/bin/busybox')
    for (const applet of ['sh', 'ls', 'mv', 'rm', 'cat', 'tee', 'sed', 'sleep', 'touch', 'stat']) {
      symlinkSync('busybox', join(root, 'bin', applet))
    }
    writeFileSync(join(root, 'nginx-that-may-fail'), mayFail)
    chmodSync(join(root, 'nginx-that-may-fail'), 0o755)
    writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n')
    writeFileSync(join(root, 'etc/group'), 'root:x:0:\nnogroup:x:65534:\n')
    writeFileSync(join(root, 'etc/nginx/nginx.conf'), mainConfig)
    execFileSync('tar', ['--owner=0', '--group=0', '-C', root, '-cf', archive, '.'])
    const [repo = '', tag = ''] = image.split(':')
    const changes = ['CMD ["/usr/sbin/nginx", "-g", "daemon off;"]']
    const progress = await docker.importImage(archive, { repo, tag, changes })
    await new Promise((resolve, reject) => {
      docker.modem.followProgress(progress, (error: Error | null) =>
        error === null ? resolve(undefined) : reject(error),
      )
    })
  } finally {
    rmSync(root, { recursive: true, force: true })
    rmSync(archive, { force: true })
  }
}

function librariesOf(path: string): readonly string[] {
  const lines = execFileSync('ldd', [path], { encoding: 'utf8' }).split('\n')
  return lines.flatMap((line) => /(?:=> )?(\/\S+) \(0x/.exec(line)?.[1] ?? [])
}

function copyInto(root: string, path: string): void {
  const target = join(root, path)
  mkdirSync(dirname(target), { recursive: true })
  copyFileSync(realpathSync(path), target)
  chmodSync(target, 0o755)
}
