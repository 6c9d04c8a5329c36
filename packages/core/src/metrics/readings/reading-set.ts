import type { Reading } from '../metrics.js'

const noReadings: ReadonlyMap<string, Reading> = new Map()

/** The readings of one moment, indexed once, so that a policy over a thousand instances does not search them again. */
export class ReadingSet {
  readonly #ofGroup = new Map<string, Reading>()
  readonly #ofInstances = new Map<string, Map<string, Reading>>()
  readonly all: readonly Reading[]

  constructor(readings: readonly Reading[] = []) {
    this.all = readings
    for (const reading of readings) {
      if (reading.instanceId === undefined) {
        this.#ofGroup.set(reading.name, reading)
        continue
      }
      const byInstance = this.#ofInstances.get(reading.name)
      if (byInstance === undefined)
        this.#ofInstances.set(reading.name, new Map([[reading.instanceId, reading]]))
      else byInstance.set(reading.instanceId, reading)
    }
  }

  /** The reading of the whole group, if one was asked for. */
  ofGroup(name: string): Reading | undefined {
    return this.#ofGroup.get(name)
  }

  /** The readings of single instances, by instance id; empty when there are none. */
  ofInstances(name: string): ReadonlyMap<string, Reading> {
    return this.#ofInstances.get(name) ?? noReadings
  }

  /** Every metric name in the set. */
  names(): readonly string[] {
    return [...new Set([...this.#ofGroup.keys(), ...this.#ofInstances.keys()])]
  }
}
