import type { Hypervisor } from '../hypervisor.js'
import { colonValues, leadingNumber } from './key-values.js'
import type { RunVirsh } from './run-virsh.js'
import { unreadable } from './virsh-error.js'

type NodeCommands = Pick<
  Hypervisor,
  | 'connectGetLibVersion'
  | 'connectGetCapabilities'
  | 'nodeGetInfo'
  | 'nodeGetFreeMemory'
  | 'nodeGetCpuStats'
  | 'nodeGetMemoryStats'
>

/** The host and its daemon, by virsh. */
export const nodeCommands = (run: RunVirsh): NodeCommands => ({
  connectGetLibVersion: async (options) => {
    const output = await run({ name: 'version', args: ['--daemon'] }, options)
    const [, major, minor, release] = /Running against daemon: (\d+)\.(\d+)\.(\d+)/.exec(output) ?? []
    if (major === undefined) throw unreadable('version', output)
    return Number(major) * 1_000_000 + Number(minor) * 1_000 + Number(release)
  },
  connectGetCapabilities: (options) => run({ name: 'capabilities' }, options),
  nodeGetInfo: async (options) => {
    const output = await run({ name: 'nodeinfo' }, options)
    const values = colonValues(output)
    const read = (name: string): number => {
      const value = leadingNumber(values.get(name))
      if (value === undefined) throw unreadable(`nodeinfo (${name})`, output)
      return Number(value)
    }
    return {
      model: values.get('cpu model') ?? '',
      memoryKib: BigInt(read('memory size')),
      cpus: read('cpu(s)'),
      mhz: read('cpu frequency'),
      nodes: read('numa cell(s)'),
      sockets: read('cpu socket(s)'),
      cores: read('core(s) per socket'),
      threads: read('thread(s) per core'),
    }
  },
  nodeGetFreeMemory: async (options) => {
    const output = await run({ name: 'freecell' }, options)
    const kib = leadingNumber(colonValues(output).get('total'))
    if (kib === undefined) throw unreadable('freecell', output)
    return kib * 1024n
  },
  nodeGetCpuStats: async (options) => {
    const values = numbers(await run({ name: 'nodecpustats' }, options))
    // virsh calls the kernel’s share by another name.
    return Object.fromEntries(values.map(([name, value]) => [name === 'system' ? 'kernel' : name, value]))
  },
  nodeGetMemoryStats: async (options) =>
    Object.fromEntries(numbers(await run({ name: 'nodememstats' }, options))),
})

function numbers(output: string): (readonly [string, bigint])[] {
  return [...colonValues(output)].flatMap(([name, text]) => {
    const value = leadingNumber(text)
    return value === undefined ? [] : [[name, value] as const]
  })
}
