import type { Fields } from '../resources/fields.js'

/** A hypervisor's counters of a server. They grow from its start. A counter that the driver does not have is undefined. */
export interface ServerDiagnostics {
  /** `running`, `paused`, ...; undefined below microversion 2.48. */
  readonly state: string | undefined
  readonly uptimeSeconds: number | undefined
  /** Time that each virtual CPU has run, nanoseconds. */
  readonly cpuTimesNs: readonly number[]
  /** Resident memory, KiB; only from libvirt below microversion 2.48. */
  readonly memoryRssKib: number | undefined
  readonly receivedBytes: number | undefined
  readonly sentBytes: number | undefined
  readonly diskReadBytes: number | undefined
  readonly diskWrittenBytes: number | undefined
  /** The service's own JSON. */
  readonly raw: Readonly<Record<string, unknown>>
}

/** Reads the format of 2.48, and the driver's own format before it. */
export function readDiagnostics(json: Fields): ServerDiagnostics {
  const isOld = json.raw['cpu_details'] === undefined
  const counters = isOld ? oldCounters(json) : newCounters(json)
  return { ...counters, state: json.text('state'), uptimeSeconds: json.number('uptime'), raw: json.raw }
}

type Counters = Omit<ServerDiagnostics, 'state' | 'uptimeSeconds' | 'raw'>

const newCounters = (json: Fields): Counters => ({
  cpuTimesNs: json.list('cpu_details').flatMap((cpu) => cpu.number('time') ?? []),
  memoryRssKib: undefined,
  receivedBytes: sum(json.list('nic_details').map((nic) => nic.number('rx_octets'))),
  sentBytes: sum(json.list('nic_details').map((nic) => nic.number('tx_octets'))),
  diskReadBytes: sum(json.list('disk_details').map((disk) => disk.number('read_bytes'))),
  diskWrittenBytes: sum(json.list('disk_details').map((disk) => disk.number('write_bytes'))),
})

/** `cpu0_time`, `vnet1_rx`, `vda_read`: the device is in the name. */
function oldCounters(json: Fields): Counters {
  const all = (pattern: RegExp): number[] =>
    Object.keys(json.raw)
      .filter((key) => pattern.test(key))
      .flatMap((key) => json.number(key) ?? [])
  return {
    cpuTimesNs: all(/^cpu\d+_time$/),
    memoryRssKib: json.number('memory-rss'),
    receivedBytes: sum(all(/^(?!(?:vd|sd|hd)[a-z]_).+_rx$/)),
    sentBytes: sum(all(/^(?!(?:vd|sd|hd)[a-z]_).+_tx$/)),
    diskReadBytes: sum(all(/_read$/)),
    diskWrittenBytes: sum(all(/_write$/)),
  }
}

function sum(values: readonly (number | undefined)[]): number | undefined {
  const known = values.filter((value) => value !== undefined)
  return known.length === 0 ? undefined : known.reduce((total, value) => total + value, 0)
}
