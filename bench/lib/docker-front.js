import { spawnSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'

/** An Nginx of the bench's own, in the engine's network namespace. */
export class Front {
  directory = mkdtempSync(join(tmpdir(), 'flotilla-bench-front-'))
  url
  /** What nginx() is given. */
  options

  /** @param {{ port?: number, clientKeepAliveMs?: number }} [given] */
  constructor({ port = 8000 + (process.pid % 2000), clientKeepAliveMs } = {}) {
    const { directory } = this
    chmodSync(directory, 0o755)
    mkdirSync(join(directory, 'conf.d'))
    this.url = `http://127.0.0.1:${port}`
    this.options = {
      upstream: 'backend',
      listen: port,
      configFile: join(directory, 'conf.d', 'backend.conf'),
      mainConfigFile: join(directory, 'nginx.conf'),
      ...(clientKeepAliveMs === undefined ? {} : { clientKeepAliveMs }),
    }
    const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
      .map((kind) => `${kind}_temp_path ${join(directory, kind)};`)
      .join('\n')
    writeFileSync(
      this.options.mainConfigFile,
      `pid ${directory}/nginx.pid;
error_log ${directory}/error.log notice;
worker_processes 2;
worker_shutdown_timeout 30s;
worker_rlimit_nofile 65536;
events { worker_connections 16384; }
http {
access_log off;
${temp}
include ${directory}/conf.d/*.conf;
}
`,
    )
  }

  start() {
    this.nginx()
    return this
  }

  /** @param {readonly string[]} args */
  nginx(...args) {
    const { status, stderr } = spawnSync('nginx', ['-c', this.options.mainConfigFile, ...args], {
      encoding: 'utf8',
    })
    if (status !== 0) throw new Error(`nginx ${args.join(' ')}: ${stderr}`)
  }

  masterPid() {
    return Number(readFileSync(join(this.directory, 'nginx.pid'), 'utf8'))
  }

  async kill() {
    try {
      const pid = this.masterPid()
      const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
      for (const one of [pid, ...children.map(Number)]) process.kill(one, 'SIGKILL')
      await sleep(100)
    } catch {
      // It has gone.
    }
  }

  async stop() {
    await this.kill()
    rmSync(this.directory, { recursive: true, force: true })
  }
}
