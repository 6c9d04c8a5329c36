import type { InstanceStatus } from '@flotilla/core'
import type { DomainStateName } from '@flotilla/libvirt'
import { describe, expect, it } from 'vitest'
import { statusOf, type OwnFacts } from '../src/status.js'

const none: OwnFacts = { isLaunching: false, isYoung: false, brokenOff: undefined, lastWord: undefined }

const panicked = { end: 'crashed', text: 'the guest panicked' } as const

const off = { end: 'powered-off-by-guest', text: 'powered off by the guest' } as const

const quit = { end: 'quit', text: 'QEMU was told to quit' } as const

type Row = readonly [
  state: DomainStateName,
  reason: number,
  facts: Partial<OwnFacts>,
  status: InstanceStatus,
  why?: RegExp,
]

/** Reasons as met: labs/kvm.md, section 6. */
const rows: readonly Row[] = [
  ['running', 1, {}, 'running'],
  ['blocked', 0, {}, 'running', /blocked/],
  ['paused', 1, {}, 'paused', /somebody suspended it \(libvirt: paused, user\)/],
  ['paused', 5, {}, 'paused', /its disk fails \(libvirt: paused, I\/O error\)/],
  [
    'paused',
    5,
    { diskErrors: [{ disk: 'vda', error: 'no-space' }] },
    'paused',
    /its disk fails \(vda: no space left on the storage\)/,
  ],
  ['paused', 6, {}, 'paused', /watchdog/],
  ['paused', 99, {}, 'paused', /reason 99/],
  ['paused', 10, {}, 'failed', /panicked/],
  ['paused', 1, { isLaunching: true }, 'pending'],
  ['pmsuspended', 0, {}, 'paused', /sleeps/],
  ['shutdown', 1, {}, 'stopping', /shutting down/],
  ['shutoff', 0, { isLaunching: true }, 'pending'],
  ['shutoff', 0, { isYoung: true }, 'pending'],
  ['shutoff', 0, {}, 'stopped', /never started/],
  ['shutoff', 1, { isYoung: true }, 'stopped', /powered off/],
  ['shutoff', 2, {}, 'stopped', /somebody destroyed it/],
  ['shutoff', 3, {}, 'failed', /panicked, or QEMU died/],
  ['shutoff', 3, { lastWord: panicked }, 'failed', /^the guest panicked$/],
  ['shutoff', 2, { lastWord: panicked }, 'stopped', /somebody destroyed it/],
  ['shutoff', 2, { lastWord: quit }, 'stopped', /somebody destroyed it/],
  ['shutoff', 1, { lastWord: off }, 'stopped', /^powered off by the guest$/],
  ['shutoff', 1, { lastWord: quit }, 'stopped', /^QEMU was told to quit$/],
  ['shutoff', 3, { lastWord: off }, 'failed', /panicked, or QEMU died/],
  ['shutoff', 0, { lastWord: off, isYoung: true }, 'stopped', /^powered off by the guest$/],
  ['shutoff', 0, { lastWord: panicked, isYoung: true }, 'failed', /^the guest panicked$/],
  ['shutdown', 0, { lastWord: off }, 'stopped', /^powered off by the guest$/],
  ['shutdown', 0, { lastWord: quit }, 'stopping', /shutting down/],
  ['shutoff', 0, { isYoung: true, brokenOff: 'libvirtd died' }, 'failed', /broke off: libvirtd died/],
  ['shutoff', 0, { isLaunching: true, brokenOff: 'libvirtd died' }, 'pending'],
  ['running', 1, { brokenOff: 'libvirtd died' }, 'running'],
  ['shutoff', 6, {}, 'failed', /failed to start/],
  ['shutoff', 99, {}, 'stopped', /reason 99/],
  ['crashed', 1, {}, 'failed', /crashed/],
  ['nostate', 0, {}, 'unknown'],
]

describe('a status', () => {
  for (const [state, reason, facts, status, why] of rows) {
    it(`of ${state}/${reason} ${JSON.stringify(facts)} is ${status}`, () => {
      const found = statusOf({ state, reason }, { ...none, ...facts })
      expect(found.status).toBe(status)
      // What is frozen cannot serve, whoever froze it.
      expect(found.impaired).toBe(status === 'paused' ? found.statusReason : undefined)
      if (why === undefined) expect(found.statusReason).toBeUndefined()
      else expect(found.statusReason).toMatch(why)
    })
  }
})
