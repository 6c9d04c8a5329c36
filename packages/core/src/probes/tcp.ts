import { connect } from 'node:net'
import * as v from 'valibot'
import { checkOptions } from '../options/check-options.js'
import * as check from '../options/checks.js'
import { networkReason } from '../http/network-reason.js'
import type { Address } from '../model.js'
import { boundProbe } from './probe-bound.js'
import type { Probe, ProbeResult } from './probe.js'
import { type Form, optionsForm } from '../options/form.js'

/** Options of `tcpProbe()`. */
export interface TcpProbeOptions {
  /** Bound of one check; default 2000. */
  readonly timeoutMs?: number | undefined
  /** Default the instance's own port. */
  readonly port?: number | undefined
}

const schema = v.strictObject({
  timeoutMs: v.optional(check.milliseconds(1)),
  port: v.optional(check.wholeNumber(1, 65_535)),
})

const defaults = { timeoutMs: 2000 } as const

/**
 * Healthy when the instance takes a connection, which is closed at once without a byte sent.
 *
 * @throws FlotillaError `invalid-options`
 */
export function tcpProbe(options: TcpProbeOptions = {}): Probe {
  const { port, timeoutMs = defaults.timeoutMs } = checkOptions('tcpProbe', schema, options)
  return {
    name: port === undefined ? 'tcp' : `tcp ${port}`,
    check: ({ address }, call) =>
      boundProbe(
        (signal) => reach({ host: address.host, port: port ?? address.port }, signal),
        timeoutMs,
        call,
        networkReason,
      ),
  }
}

function reach({ host, port }: Address, signal: AbortSignal): Promise<ProbeResult> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host, port })
    const abort = (): void => {
      socket.destroy()
      reject(signal.reason)
    }
    signal.addEventListener('abort', abort, { once: true })
    socket.on('connect', () => {
      socket.destroy()
      resolve({ healthy: true })
    })
    socket.on('error', reject)
    socket.on('close', () => signal.removeEventListener('abort', abort))
  })
}

/** How `tcpProbe` is written in a file. */
export const tcpProbeForm: Form = optionsForm('a probe', 'tcpProbe', tcpProbe, schema)
