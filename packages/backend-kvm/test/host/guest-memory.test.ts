import { describe, expect, it } from 'vitest'
import { usedBytes } from '../../src/host/guest-memory.js'

describe('memory in use', () => {
  const rows: readonly (readonly [name: string, stats: Record<string, bigint>, bytes: number | undefined])[] =
    [
      ['is what the guest says', { available: 1000n, usable: 400n, unused: 100n, rss: 5000n }, 600 * 1024],
      ['is told from unused by older drivers', { available: 1000n, unused: 100n, rss: 5000n }, 900 * 1024],
      ['is what QEMU holds without a driver', { actual: 1000n, rss: 5000n }, 5000 * 1024],
      ['is unknown when nothing is told', { actual: 1000n }, undefined],
    ]
  for (const [name, stats, bytes] of rows) {
    it(`it ${name}`, () => {
      expect(usedBytes(stats)).toBe(bytes)
    })
  }
})
