import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** How instances come and go where they run. */
export interface Layer {
  readonly name: string
  /** From launch to ready, milliseconds. */
  readonly startMs: number
  /** How far a start may stray from that, as a share of it: evenly spread over startMs x (1 ± jitter). Default 0. */
  readonly jitter?: number | undefined
  /** Time after that in which an instance serves at `warmupSpeed`, milliseconds; default 0. */
  readonly warmupMs?: number | undefined
  /** Share of full speed; default 0.5. */
  readonly warmupSpeed?: number | undefined
  /** From the decision to end an instance to its end, milliseconds. It takes no requests, and is paid for. Default 0. */
  readonly drainMs?: number | undefined
  /** Chance that a launch fails, found out when it should be ready; 0 to 1, default 0. */
  readonly launchFailure?: number | undefined
}

/** A layer with every default filled in; times in whole seconds. */
export interface FullLayer {
  readonly name: string
  readonly startSeconds: number
  readonly jitter: number
  readonly warmupSeconds: number
  readonly warmupSpeed: number
  readonly drainSeconds: number
  readonly launchFailure: number
}

const share = (): v.GenericSchema<number> => check.finiteNumber(0, 1)

export const layerSchema: v.GenericSchema<Layer> = v.strictObject({
  name: check.text(),
  startMs: check.milliseconds(),
  jitter: v.optional(share()),
  warmupMs: v.optional(check.milliseconds()),
  warmupSpeed: v.optional(share()),
  drainMs: v.optional(check.milliseconds()),
  launchFailure: v.optional(share()),
})

/** The name of a layer. */
export type LayerName = 'container' | 'vm' | 'cloud'

/** Three layers to judge policies on: a container, a virtual machine on one's own host, a cloud server. */
export const layers: Readonly<Record<LayerName, Layer>> = {
  container: { name: 'container', startMs: 1000, jitter: 0.3, warmupMs: 0, drainMs: 5000 },
  vm: { name: 'vm', startMs: 30_000, jitter: 0.15, warmupMs: 5000, drainMs: 10_000 },
  cloud: { name: 'cloud', startMs: 75_000, jitter: 0.1, warmupMs: 10_000, drainMs: 30_000 },
}

/** Fills in what the caller left out. */
export function fullLayer(layer: Layer): FullLayer {
  return {
    name: layer.name,
    startSeconds: layer.startMs / 1000,
    jitter: layer.jitter ?? 0,
    warmupSeconds: Math.round((layer.warmupMs ?? 0) / 1000),
    warmupSpeed: layer.warmupSpeed ?? 0.5,
    drainSeconds: Math.round((layer.drainMs ?? 0) / 1000),
    launchFailure: layer.launchFailure ?? 0,
  }
}

/** Whole seconds from launch to ready for one start. A start takes at least one. */
export function startSeconds({ startSeconds: mean, jitter }: FullLayer, uniform: number): number {
  return Math.max(1, Math.round(mean * (1 + jitter * (2 * uniform - 1))))
}

/** The most whole seconds from launch to full speed. */
export function longestStartSeconds(layer: FullLayer): number {
  return startSeconds(layer, 1) + layer.warmupSeconds
}
