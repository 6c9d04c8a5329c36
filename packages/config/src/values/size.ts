/** What one of each unit is, in bytes: powers of 1024 with an `i`, as in Kubernetes, of 1000 without. */
const unitBytes: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  KiB: 2 ** 10,
  MiB: 2 ** 20,
  GiB: 2 ** 30,
  TiB: 2 ** 40,
}

/**
 * A size such as `512MiB` or `2GB`, in bytes.
 *
 * @returns undefined when it is none
 */
export function readSize(text: string): number | undefined {
  const [, count, unit = ''] = /^(\d+(?:\.\d+)?) ?([kKMGT]?i?B)$/.exec(text) ?? []
  const factor = unitBytes[unit]
  return count === undefined || factor === undefined ? undefined : Math.round(Number(count) * factor)
}
