/** An IPv4 address as a number, so that addresses can be counted. */
export function ipv4Number(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0)
}

/** The address of a number. */
export function ipv4Text(value: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(value / 2 ** shift) % 256).join('.')
}

/** The addresses of a range, both ends included, in order. */
export function* ipv4Range({ from, to }: { readonly from: string; readonly to: string }): Generator<string> {
  const last = ipv4Number(to)
  for (let value = ipv4Number(from); value <= last; value += 1) yield ipv4Text(value)
}
