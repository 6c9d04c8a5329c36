import { Agent, request } from 'node:http'
import { labels } from '../../src/labels.js'

/** What a call was answered. */
export interface RawAnswer {
  readonly status: number
  readonly text: string
}

export interface RawContainer {
  readonly Id: string
  readonly Names: readonly string[]
  readonly State: string
  readonly Labels: Readonly<Record<string, string>>
}

/** The engine as a test sees it, round the backend: plain HTTP on its socket. */
export class RawEngine {
  readonly socketPath: string
  readonly #agent = new Agent()

  constructor(socketPath: string) {
    this.socketPath = socketPath
  }

  async call(method: string, path: string, body?: unknown): Promise<RawAnswer> {
    const text = body === undefined ? '' : JSON.stringify(body)
    return new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) }
      const options = {
        socketPath: this.socketPath,
        agent: this.#agent,
        method,
        path,
        headers,
        timeout: 60_000,
      }
      const sent = request(options, (answer) => {
        let said = ''
        answer.setEncoding('utf8').on('data', (chunk: string) => (said += chunk))
        answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: said }))
        answer.on('error', reject)
      })
      sent.on('error', reject)
      sent.on('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer`)))
      sent.end(text)
    })
  }

  /** The same, for what must succeed. */
  async must(method: string, path: string, body?: unknown): Promise<unknown> {
    const { status, text } = await this.call(method, path, body)
    if (status >= 400) throw new Error(`${method} ${path}: ${status} ${text}`)
    return text.trim() === '' ? undefined : JSON.parse(text)
  }

  async containers(label: string): Promise<readonly RawContainer[]> {
    const filters = encodeURIComponent(JSON.stringify({ label: [label] }))
    return (await this.must('GET', `/containers/json?all=1&filters=${filters}`)) as readonly RawContainer[]
  }

  async ofScope(scope: string): Promise<readonly RawContainer[]> {
    return this.containers(`${labels.scope}=${scope}`)
  }

  /** Makes and starts a container round the backend. */
  async run(name: string, body: Readonly<Record<string, unknown>>): Promise<string> {
    const { Id } = (await this.must('POST', `/containers/create?name=${name}`, body)) as { Id: string }
    await this.must('POST', `/containers/${Id}/start`)
    return Id
  }

  async inspect(
    id: string,
  ): Promise<{ readonly State: { readonly Running: boolean; readonly Pid: number } } | undefined> {
    const { status, text } = await this.call('GET', `/containers/${id}/json`)
    if (status === 404) return undefined
    return JSON.parse(text) as { State: { Running: boolean; Pid: number } }
  }

  /** Has a container's first process write to its output, as its program would, and waits until that is done. */
  async write(id: string, text: string): Promise<void> {
    const Cmd = ['/bin/sh', '-c', 'printf %s "$0" > /proc/1/fd/1', text]
    const attached = { AttachStdout: true, AttachStderr: true }
    const exec = (await this.must('POST', `/containers/${id}/exec`, { Cmd, ...attached })) as { Id: string }
    // Its answer ends with it.
    const { status, text: said } = await this.call('POST', `/exec/${exec.Id}/start`, { Detach: false })
    if (status >= 400 || said.trim() !== '') throw new Error(`writing in ${id}: ${status} ${said}`)
  }

  async kill(id: string): Promise<void> {
    await this.must('POST', `/containers/${id}/kill`)
  }

  async remove(id: string): Promise<void> {
    await this.call('DELETE', `/containers/${id}?force=1&v=1`)
  }
}
