import { LibvirtError } from '../libvirt-error.js'

interface Words {
  readonly said: RegExp
  readonly code: number
  readonly domain?: number
}

/** libvirt's numbers where its words leave no doubt, as met with libvirt 9.0. The first that fits counts. */
const table: readonly Words[] = [
  { said: /Domain not found|failed to get domain/, code: 42, domain: 10 },
  { said: /Network not found/, code: 43, domain: 19 },
  { said: /Storage pool not found/, code: 49, domain: 18 },
  { said: /Storage volume not found/, code: 50, domain: 18 },
  { said: /storage volume '.*' exists already/, code: 90, domain: 18 },
  { said: /domain '.*' already exists with uuid/, code: 9, domain: 20 },
  { said: /domain is already running/, code: 55, domain: 10 },
  { said: /domain is not running/, code: 55, domain: 20 },
  { said: /Refusing to undefine while domain managed save image exists/, code: 55, domain: 10 },
  { said: /network '.*' is not active/, code: 55, domain: 19 },
  { said: /Requested operation is not valid/, code: 55 },
  { said: /metadata not found/, code: 80, domain: 20 },
  { said: /read only access prevents/, code: 29, domain: 20 },
  { said: /Cannot access (?:storage|backing) file|inaccessible backing store volume/, code: 38, domain: 18 },
  { said: /QEMU guest agent is not configured/, code: 74 },
  { said: /\(\w+_definition\):\d+:/, code: 35, domain: 20 },
  { said: /XML error:/, code: 27, domain: 20 },
  { said: /internal error:/, code: 1 },
]

const lost = /failed to connect to the hypervisor|Disconnected from|Cannot recv data|Failed to connect socket/
const refused =
  /authentication (?:failed|required|unavailable|cancelled)|Unable to get system bus connection/i

/** @param stderr - what virsh said when it failed, in English (LC_ALL=C) */
export function virshError(what: string, stderr: string, cause?: unknown): LibvirtError {
  const words = stderr
    .split('\n')
    .map((line) => line.replace(/^error:\s*/, '').trim())
    .filter((line) => line !== '')
    .join(': ')
  const message = `virsh ${what}: ${words === '' ? 'failed without a word' : words}`
  if (refused.test(words)) return new LibvirtError(message, { kind: 'authentication', cause })
  if (lost.test(words)) return new LibvirtError(message, { kind: 'connection', cause })
  const { code, domain } = table.find(({ said }) => said.test(words)) ?? {}
  return new LibvirtError(message, {
    kind: 'libvirt',
    code,
    domain,
    level: code === undefined ? undefined : 2,
    cause,
  })
}

export const cannot = (what: string): LibvirtError =>
  new LibvirtError(`virsh cannot do that: ${what}; connect(uri) can`, { kind: 'unsupported' })

export const unreadable = (what: string, output: string): LibvirtError =>
  new LibvirtError(`virsh ${what}: cannot read what it printed: ${JSON.stringify(output.slice(0, 200))}`, {
    kind: 'protocol',
  })
