import { describe, expect, it } from 'vitest'
import { eventWords } from '../../src/host/event-words.js'

describe('an event in words', () => {
  const words: readonly (readonly [Parameters<typeof eventWords>[0], RegExp])[] = [
    [{ event: 'stopped', detail: 5 }, /crashed or was killed/],
    [{ event: 'stopped', detail: 2 }, /panicked/],
    [{ event: 'crashed', detail: 0 }, /panicked/],
    [{ event: 'stopped', detail: 0 }, /powered off/],
    [{ event: 'stopped', detail: 1 }, /destroyed by somebody/],
    [{ event: 'shutdown', detail: 1 }, /^powered off by the guest$/],
    [{ event: 'shutdown', detail: 2 }, /QEMU was told to quit/],
    [{ event: 'shutdown', detail: 0 }, /^shutting down$/],
    [{ event: 'suspended', detail: 2 }, /disk fails/],
    [{ event: 'stopped', detail: 77 }, /77/],
    [{ event: 'unknown', detail: 3 }, /not known here/],
  ]
  for (const [event, expected] of words) {
    it(`${event.event}/${event.detail} says ${String(expected)}`, () => {
      expect(eventWords(event)).toMatch(expected)
    })
  }
})
