import { posix } from 'node:path'
import { FlotillaError, type CallOptions } from '@flotilla/core'
import type {
  ContainerApi,
  ContainerState,
  ExecResult,
  TopTable,
} from '../../src/reach/container/container-api.js'
import { fileInTar, tarOf } from '../../src/reach/container/tar.js'

type FakeCall = 'inspect' | 'exec' | 'upload' | 'download' | 'top' | 'signal' | 'logs'

/** A container with files and processes that exist only here. */
export class FakeContainer implements ContainerApi {
  readonly name = 'nginx-lb'
  readonly files = new Map<string, string>()
  readonly calls: string[] = []
  readonly faults: Partial<Record<FakeCall, FlotillaError>> = {}
  /** What a program answers; by default `mv`, `rm` and nginx do what they should. */
  answer: (argv: readonly string[]) => ExecResult | undefined = () => undefined
  readonly isLocal = true
  state: ContainerState = {
    id: 'c1',
    status: 'running',
    exitCode: 0,
    startedAt: '2026-01-01T00:00:00Z',
    mainPid: 10,
    addresses: [],
    published: [],
  }
  processes: TopTable['processes'] = [
    ['10', '1', 'nginx: master process nginx -g daemon off;'],
    ['11', '10', 'nginx: worker process'],
  ]
  log = ''

  async inspect(call: CallOptions): Promise<ContainerState> {
    this.#begin('inspect', call)
    return this.state
  }

  async exec(argv: readonly string[], call: CallOptions): Promise<ExecResult> {
    this.#begin('exec', call, argv.join(' '))
    const said = this.answer(argv)
    if (said !== undefined) return said
    const [program, flag, from = '', to = ''] = argv
    if (program === 'mv' && flag === '-f') {
      this.files.set(to, this.files.get(from) ?? '')
      this.files.delete(from)
    }
    if (program === 'rm') this.files.delete(from)
    return { exitCode: 0, stdout: '', stderr: '' }
  }

  async upload(directory: string, archive: Buffer, call: CallOptions): Promise<void> {
    this.#begin('upload', call, directory)
    const name = archive.toString('latin1', 0, archive.indexOf(0))
    this.files.set(posix.join(directory, name), fileInTar(archive)?.content.toString('utf8') ?? '')
  }

  async download(path: string, call: CallOptions): Promise<Buffer | undefined> {
    this.#begin('download', call, path)
    const text = this.files.get(path)
    return text === undefined ? undefined : tarOf(posix.basename(path), Buffer.from(text), 0o644)
  }

  async top(call: CallOptions): Promise<TopTable> {
    this.#begin('top', call)
    return { titles: ['PID', 'PPID', 'CMD'], processes: this.processes }
  }

  async signal(name: 'SIGHUP', call: CallOptions): Promise<void> {
    this.#begin('signal', call, name)
  }

  async logs(_: number, call: CallOptions): Promise<string> {
    this.#begin('logs', call)
    return this.log
  }

  #begin(name: FakeCall, { signal }: CallOptions, what = ''): void {
    signal.throwIfAborted()
    this.calls.push(`${name} ${what}`.trim())
    const fault = this.faults[name]
    if (fault !== undefined) throw fault
  }
}
