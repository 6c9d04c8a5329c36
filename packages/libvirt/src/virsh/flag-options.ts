import { cannot } from './virsh-error.js'

/** libvirt's flag bits as virsh's options; a bit that virsh has no option for is refused, never dropped. */
export function flagOptions(what: string, flags: number, names: Readonly<Record<number, string>>): string[] {
  const options: string[] = []
  let rest = flags
  for (const [bit, name] of Object.entries(names)) {
    if ((rest & Number(bit)) === 0) continue
    options.push(name)
    rest &= ~Number(bit)
  }
  if (rest !== 0) throw cannot(`${what} with flags ${flags}`)
  return options
}

/** VIR_DOMAIN_AFFECT_*, and of networks the same. */
export const affect: Readonly<Record<number, string>> = { 1: '--live', 2: '--config' }
