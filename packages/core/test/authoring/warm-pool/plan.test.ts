import { describe, expect, it } from 'vitest'
import { type SpareFacts, planWarmPool } from '../../../src/authoring/warm-pool/plan.js'

interface Spare extends SpareFacts {
  readonly id: string
}

const spare = (id: string, facts: Partial<SpareFacts> = {}): Spare => ({
  id,
  isBusy: false,
  isUseful: true,
  isReady: true,
  createdAt: 0,
  ...facts,
})

const plan = (spares: readonly Spare[], size: number): Record<string, unknown> => {
  const { ready, preparing, surplus, missing } = planWarmPool(spares, size, (one) => one)
  const ids = (some: readonly Spare[]): string => some.map(({ id }) => id).join(' ')
  return { ready: ids(ready), preparing: ids(preparing), surplus: ids(surplus), missing }
}

describe('planWarmPool', () => {
  it('makes what is missing, and takes the one that waited longest first', () => {
    const spares = [spare('young', { createdAt: 9 }), spare('old', { createdAt: 1 })]
    expect(plan(spares, 3)).toEqual({ ready: 'old young', preparing: '', surplus: '', missing: 1 })
  })

  it('counts those that are being prepared or taken, and leaves them alone', () => {
    const spares = [spare('a', { isBusy: true, isUseful: false }), spare('b', { isReady: false }), spare('c')]
    expect(plan(spares, 3)).toEqual({ ready: 'c', preparing: 'b', surplus: '', missing: 0 })
  })

  it('removes what is of no use, and of too many the youngest that are ready', () => {
    const spares = [
      spare('failed', { isUseful: false }),
      spare('a', { createdAt: 1 }),
      spare('b', { createdAt: 2 }),
      spare('c', { isReady: false }),
    ]
    expect(plan(spares, 2)).toEqual({ ready: 'a b', preparing: 'c', surplus: 'failed b', missing: 0 })
    expect(plan(spares, 0)).toMatchObject({ surplus: 'failed a b', missing: 0 })
  })
})
