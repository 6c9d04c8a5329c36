import { describe, expect, it } from 'vitest'
import type { LifecycleState } from '../../../src/index.js'
import type { Member } from '../../../src/controller/life/group-state.js'
import {
  type RivalSigns,
  noSigns,
  rivalIn,
  strangeMoves,
  withMoves,
} from '../../../src/controller/ownership/rival-signs.js'
import { trackedInstance } from '../../../src/testing/index.js'
import { fakeBackend, FakeClock } from '../../../src/testing/index.js'
import { memoryStore } from '../../../src/index.js'
import { rig } from '../harness.js'

const member = (id: string, state: LifecycleState = 'in-service'): Member => ({
  ...trackedInstance({ id, token: `t-${id}`, state }),
  failedProbes: 0,
  attempts: 0,
  retryAt: 0,
})

const known = (...members: readonly Member[]): ReadonlyMap<string, Member> =>
  new Map(members.map((one) => [one.id, one]))

describe('strangeMoves', () => {
  const born = member('x').createdAt
  it.each([
    ['nothing moved', [member('a')], known(member('a')), {}, { came: false, went: false }],
    [
      'one came with a token of ours',
      [member('a')],
      known(),
      { given: ['t-a'] },
      { came: false, went: false },
    ],
    ['one came with a token of nobody here', [member('a')], known(), {}, { came: true, went: false }],
    [
      'one came that was made before',
      [member('a')],
      known(),
      { since: born + 1 },
      { came: false, went: false },
    ],
    ['one went', [], known(member('a')), {}, { came: false, went: true }],
    [
      'one went that is being ended here',
      [],
      known(member('a')),
      { ended: ['a'] },
      { came: false, went: false },
    ],
    ['one went in its launch', [], known(member('a', 'launching')), {}, { came: false, went: false }],
    ['one went that was to go', [], known(member('a', 'terminating')), {}, { came: false, went: false }],
    ['one went that had failed', [], known(member('a', 'failed')), {}, { came: false, went: false }],
    ['one came and one went', [member('b')], known(member('a')), {}, { came: true, went: true }],
  ] as const)(
    '%s',
    (
      _,
      listed,
      members,
      facts: { given?: readonly string[]; ended?: readonly string[]; since?: number },
      expected,
    ) => {
      const { given = [], ended = [], since = born } = facts
      expect(strangeMoves({ listed, members, given: new Set(given), ended: new Set(ended), since })).toEqual(
        expected,
      )
    },
  )
})

describe('rivalIn', () => {
  /** `c` came, `w` went, `b` both, `.` neither: one list each, 10 s apart, in a window of 3 minutes. */
  const after = (story: string): RivalSigns =>
    story.split('').reduce<RivalSigns>((signs, sign, index) => {
      const moves = { came: 'cb'.includes(sign), went: 'wb'.includes(sign) }
      return withMoves(signs, moves, 1_000_000 + index * 10_000, 180_000)
    }, noSigns)

  it.each([
    ['', false],
    ['w', false],
    ['wwww', false],
    ['wwwww', true],
    ['w....w....w....w....w', false],
    ['c', false],
    ['cc', false],
    ['ccc', true],
    ['b', false],
    ['bb', true],
    ['cwcw', true],
    ['c.........w.........c', false],
    ['ccc..................', false],
    ['ccc...............', true],
  ])('%j: %j', (story, isRival) => {
    expect(rivalIn(after(story)) !== undefined).toBe(isRival)
  })

  it('forgets what a clock that was set back has in the future', () => {
    expect(withMoves({ came: [5000], went: [] }, { came: false, went: false }, 1000, 180_000)).toEqual(
      noSigns,
    )
  })
})

describe('two controllers of one group that share nothing', () => {
  it('are told to each other, and no longer once one of them is gone', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock })
    const large = rig({ wanted: 3, fakeBackend: backend, fakeClock: clock, store: memoryStore() })
    await large.start()
    await clock.advance(60_000)
    const small = rig({ wanted: 1, fakeBackend: backend.reopen(), fakeClock: clock, store: memoryStore() })
    await small.start()
    await clock.advance(150_000)
    expect(large.problems()).toContain('rival-controller')
    expect(small.problems()).toContain('rival-controller')
    const { message = '' } = large.web.status().problems.find(({ kind }) => kind === 'rival-controller') ?? {}
    expect(message).toContain('another controller, on another host or with another store')
    await clock.runUntil(small.web.stop())
    await clock.advance(400_000)
    expect(large.web.status().problems).toEqual([])
  })

  it('are not suspected where somebody ends all machines at once, or one takes over what another left', async () => {
    const clock = new FakeClock()
    const backend = fakeBackend({ clock, launchMs: 20_000 })
    const first = rig({ wanted: 5, fakeBackend: backend, fakeClock: clock, store: memoryStore() })
    await first.start()
    await clock.advance(10_000)
    await clock.runUntil(first.web.stop())
    const next = rig({ wanted: 5, fakeBackend: backend.reopen(), fakeClock: clock, store: memoryStore() })
    await next.start()
    await clock.advance(60_000)
    const ids = backend.machines.show('web').map(({ id }) => id)
    const { signal } = new AbortController()
    await clock.runUntil(backend.reopen().terminate('web', ids, { signal }))
    await clock.advance(120_000)
    expect(next.running()).toBe(5)
    expect(next.problems()).not.toContain('rival-controller')
  })
})
