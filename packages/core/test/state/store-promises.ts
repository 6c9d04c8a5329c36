import { describe, expect, it } from 'vitest'
import type { Json } from '../../src/json.js'
import type { LoadedState, StateStore } from '../../src/state/store.js'

/** The state that was loaded. */
export function stateOf(loaded: LoadedState): Json {
  if (loaded.kind !== 'state') throw new Error(`no state: ${JSON.stringify(loaded)}`)
  return loaded.state
}

/** The promises of `StateStore`, for every store. */
export function testStore(what: string, make: () => Promise<StateStore>): void {
  describe(`${what} as a StateStore`, () => {
    it('has nothing of a group that was never saved', async () => {
      expect(await (await make()).load('web')).toEqual({ kind: 'none' })
    })

    it('gives back what was saved last', async () => {
      const store = await make()
      await store.save('web', { desired: 1 })
      await store.save('web', { desired: 2, list: [1, null, 'x'] })
      expect(await store.load('web')).toEqual({ kind: 'state', state: { desired: 2, list: [1, null, 'x'] } })
    })

    it('keeps groups apart', async () => {
      const store = await make()
      await store.save('web', 1)
      await store.save('web-2', 2)
      expect(await store.load('web')).toEqual({ kind: 'state', state: 1 })
      expect(await store.load('web-2')).toEqual({ kind: 'state', state: 2 })
    })

    it('copies states in and out', async () => {
      const store = await make()
      const state = { inner: { desired: 1 } }
      const saving = store.save('web', state)
      state.inner.desired = 99
      await saving
      const loaded = stateOf(await store.load('web')) as typeof state
      loaded.inner.desired = 77
      expect(await store.load('web')).toEqual({ kind: 'state', state: { inner: { desired: 1 } } })
    })

    it('takes saves of one group in the order made', async () => {
      const store = await make()
      await Promise.all(Array.from({ length: 50 }, (_, count) => store.save('web', { count })))
      expect(await store.load('web')).toEqual({ kind: 'state', state: { count: 49 } })
    })

    it('takes saves of many groups at once', async () => {
      const store = await make()
      const groups = Array.from({ length: 30 }, (_, index) => `g-${index}`)
      await Promise.all(groups.map((group) => store.save(group, group)))
      expect(await Promise.all(groups.map((group) => store.load(group)))).toEqual(
        groups.map((state) => ({ kind: 'state', state })),
      )
    })

    it('refuses a state that is not plain JSON, and keeps the one before', async () => {
      const store = await make()
      await store.save('web', 1)
      await expect(store.save('web', { rate: Number.NaN })).rejects.toMatchObject({ code: 'invalid-options' })
      expect(await store.load('web')).toEqual({ kind: 'state', state: 1 })
    })

    it.each(['', '../web', 'Web', 'a/b', '.', 'web.json', 'a\0b', '-a', 'x'.repeat(64)])(
      'refuses %j as the name of a group',
      async (group) => {
        const store = await make()
        await expect(store.load(group)).rejects.toMatchObject({ code: 'invalid-options' })
        await expect(store.save(group, 1)).rejects.toMatchObject({ code: 'invalid-options' })
      },
    )

    it('takes nothing after it was closed, which may be done twice', async () => {
      const store = await make()
      const saving = store.save('web', 1)
      await store.close?.()
      await saving
      await store.close?.()
      await expect(store.load('web')).rejects.toMatchObject({ code: 'closed' })
      await expect(store.save('web', 2)).rejects.toMatchObject({ code: 'closed' })
    })
  })
}
