import type { KnownMicroversions } from '../discovery/microversion.js'

/** The newest microversion of Nova whose changes are understood here; 2.93 is the newest it was tried on. */
export const newestCompute = '2.96'

/** The microversions that are understood here, from `min` on. */
export const knownFrom = (min?: string): KnownMicroversions => ({ min, max: newestCompute })
