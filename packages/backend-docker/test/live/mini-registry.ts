import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { copyFile, mkdir, mkdtemp, readFile, rm, symlink } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync } from 'node:zlib'

const run = promisify(execFile)
const digest = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`

/** A registry that has one image, made of busybox: enough of the protocol for an engine to pull it. */
export class MiniRegistry {
  readonly requests: string[] = []
  /** `user:password` that it asks for, if any. */
  credentials: string | undefined
  readonly #server: Server

  private constructor(server: Server) {
    this.#server = server
  }

  /** As an engine on this host names it. */
  get host(): string {
    return `127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  /** @param repository - what it serves, with any tag but `missing` */
  static async open(repository: string): Promise<MiniRegistry> {
    const layerTar = await webLayer()
    const layer = gzipSync(layerTar)
    const config = Buffer.from(
      JSON.stringify({
        architecture: process.arch === 'arm64' ? 'arm64' : 'amd64',
        os: 'linux',
        config: { Cmd: ['/bin/busybox', 'httpd', '-f', '-p', '8080'] },
        rootfs: { type: 'layers', diff_ids: [digest(layerTar)] },
      }),
    )
    const type = 'application/vnd.docker.distribution.manifest.v2+json'
    const manifest = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: type,
        config: {
          mediaType: 'application/vnd.docker.container.image.v1+json',
          size: config.length,
          digest: digest(config),
        },
        layers: [
          {
            mediaType: 'application/vnd.docker.image.rootfs.diff.tar.gzip',
            size: layer.length,
            digest: digest(layer),
          },
        ],
      }),
    )
    const blobs = new Map([config, layer].map((bytes) => [digest(bytes), bytes]))
    const server = createServer((request, response) => {
      const { url = '', method = '', headers } = request
      registry.requests.push(`${method} ${url}`)
      const expected = registry.credentials
      const given = headers.authorization
      if (expected !== undefined && given !== `Basic ${Buffer.from(expected).toString('base64')}`) {
        response.writeHead(401, { 'www-authenticate': 'Basic realm="mini"' })
        response.end('{"errors":[{"code":"UNAUTHORIZED","message":"authentication required"}]}')
        return
      }
      const [, asked] = new RegExp(`^/v2/${repository}/(.*)$`).exec(url) ?? []
      if (url === '/v2/') response.end('{}')
      else if (asked?.startsWith('blobs/') === true && blobs.has(asked.slice(6)))
        response.end(blobs.get(asked.slice(6)))
      else if (asked?.startsWith('manifests/') === true && asked !== 'manifests/missing') {
        response
          .writeHead(200, {
            'content-type': type,
            'docker-content-digest': digest(manifest),
            'content-length': manifest.length,
          })
          .end(manifest)
      } else
        response.writeHead(404).end('{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}')
    })
    const registry = new MiniRegistry(server)
    await new Promise<void>((resolve) => void server.listen(0, '127.0.0.1', resolve))
    return registry
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => void this.#server.close(resolve))
  }
}

async function webLayer(): Promise<Buffer> {
  const directory = await mkdtemp(join(tmpdir(), 'flotilla-layer-'))
  try {
    await mkdir(join(directory, 'root', 'bin'), { recursive: true })
    await copyFile('/bin/busybox', join(directory, 'root', 'bin', 'busybox'))
    await symlink('busybox', join(directory, 'root', 'bin', 'sh'))
    await run('tar', ['-C', join(directory, 'root'), '-cf', join(directory, 'layer.tar'), '.'])
    return await readFile(join(directory, 'layer.tar'))
  } finally {
    await rm(directory, { recursive: true })
  }
}
