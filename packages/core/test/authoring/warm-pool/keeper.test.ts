import { describe, expect, it, vi } from 'vitest'
import { ProblemBook } from '../../../src/authoring/problem-book.js'
import { WarmPoolKeeper, type WarmPoolKeeperOptions } from '../../../src/authoring/warm-pool/keeper.js'
import { FlotillaError } from '../../../src/errors.js'
import { FakeClock } from '../../../src/testing/common/fake-clock.js'

interface Kept {
  readonly keeper: WarmPoolKeeper
  readonly clock: FakeClock
  readonly problems: ProblemBook
  readonly heard: string[]
}

function keep(tend: WarmPoolKeeperOptions['tend'], more: Partial<WarmPoolKeeperOptions> = {}): Kept {
  const clock = new FakeClock()
  const problems = new ProblemBook()
  const heard: string[] = []
  const keeper = new WarmPoolKeeper({
    clock,
    tend,
    problems,
    onProblem: ({ message }) => heard.push(message),
    firstPauseMs: 1000,
    longestPauseMs: 3000,
    ...more,
  })
  return { keeper, clock, problems, heard }
}

describe('WarmPoolKeeper', () => {
  it('looks once at a time, and again after its interval', async () => {
    let end: (() => void) | undefined
    const tend = vi.fn<WarmPoolKeeperOptions['tend']>(
      () => new Promise<[]>((resolve) => (end = () => resolve([]))),
    )
    const { keeper, clock } = keep(tend, { everyMs: 500 })
    const first = keeper.keepUp('web')
    await keeper.keepUp('web')
    expect(tend).toHaveBeenCalledTimes(1)
    end?.()
    await first
    expect(keeper.isDue('web')).toBe(false)
    expect(keeper.isDue('jobs')).toBe(true)
    await clock.advance(500)
    expect(keeper.isDue('web')).toBe(true)
  })

  it('tells a failure and waits longer after each, up to a bound; once it works, the problem is over', async () => {
    let isFailing = true
    const { keeper, clock, problems, heard } = keep(async () => {
      if (isFailing) throw new FlotillaError('quota-exceeded', 'no room')
      return []
    })
    for (const pauseMs of [1000, 2000, 3000, 3000]) {
      await keeper.keepUp('web')
      expect(problems.of('web')).toMatchObject([
        { about: 'warm pool', message: expect.stringContaining('no room') },
      ])
      await clock.advance(pauseMs - 1)
      expect(keeper.isDue('web')).toBe(false)
      await clock.advance(1)
      expect(keeper.isDue('web')).toBe(true)
    }
    expect(heard).toEqual(['no room', 'no room', 'no room', 'no room'])
    isFailing = false
    await keeper.keepUp('web')
    expect(problems.of('web')).toEqual([])
    expect(keeper.isDue('web')).toBe(true)
  })

  it('takes problems that a look gives as a failure, whatever their listener throws', async () => {
    const found = {
      about: 'spare 1',
      message: 'it came to ERROR',
      error: new FlotillaError('launch-failed', 'ERROR'),
    }
    const onProblem = (): void => {
      throw new Error('the listener failed')
    }
    const { keeper, problems } = keep(async () => [found], { onProblem })
    await keeper.keepUp('web')
    expect(problems.of('web')).toEqual([found])
    expect(keeper.isDue('web')).toBe(false)
  })

  it('ends with the group: the look under way is aborted and waited for, and none begins until one is launched', async () => {
    const seen: unknown[] = []
    const { keeper, problems } = keep(async (_group, signal) => {
      await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }))
      seen.push(signal.reason)
      return [{ about: 'warm pool', message: 'given up' }]
    })
    void keeper.keepUp('web')
    await keeper.end('web')
    expect(seen).toMatchObject([{ code: 'closed', message: 'the warm pool of web ends' }])
    expect(problems.of('web')).toEqual([])
    expect(keeper.hasEnded('web')).toBe(true)
    expect(keeper.isDue('web')).toBe(false)
    keeper.begin('web')
    expect(keeper.isDue('web')).toBe(true)
  })

  it('ends nothing that was never looked after, and begins nothing after close', async () => {
    const { keeper } = keep(async () => [])
    await keeper.end('web')
    keeper.begin('web')
    keeper.close()
    expect(keeper.isDue('web')).toBe(false)
  })

  it('can be put off', async () => {
    const { keeper, clock } = keep(async () => [])
    expect(keeper.postpone('web', 2000)).toBe(clock.monotonic() + 2000)
    expect(keeper.postpone('web', 1000)).toBe(clock.monotonic() + 2000)
    await clock.advance(2000)
    expect(keeper.isDue('web')).toBe(true)
  })
})
