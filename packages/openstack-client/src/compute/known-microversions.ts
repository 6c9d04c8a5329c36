import type { KnownMicroversions } from '../discovery/microversion.js'

/** The newest microversion of Nova whose changes are understood here; 2.93 is the newest it was tried on. */
export const newestCompute = '2.96'

/** All that is understood, or from one on. */
export const knownFrom = (min?: string): KnownMicroversions => ({ min, max: newestCompute })
