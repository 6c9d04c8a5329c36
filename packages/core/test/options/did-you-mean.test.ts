import { describe, expect, it } from 'vitest'
import { didYouMean, editDistance } from '../../src/options/did-you-mean.js'

describe('didYouMean', () => {
  it.each([
    ['ports', ['image', 'port', 'name'], 'port'],
    ['memory', ['cpus', 'memoryBytes'], 'memoryBytes'],
    ['loger', ['log', 'logger'], 'logger'],
    ['timeout_ms', ['timeoutMs'], 'timeoutMs'],
    ['policies', ['policy'], 'policy'],
    ['readytimeout', ['group', 'launch.readyTimeoutMs'], 'launch.readyTimeoutMs'],
    ['imgae', ['image'], 'image'],
  ])('of %s among %j is %s', (given, known, meant) => {
    expect(didYouMean(given, known)).toBe(meant)
  })

  it.each([
    ['zzzz', ['port', 'image']],
    ['on', ['in', 'out']],
    ['', ['port']],
    ['x'.repeat(10_000), ['port']],
    ['port', []],
  ])('of %s among %j is nothing', (given, known) => {
    expect(didYouMean(given, known)).toBeUndefined()
  })
})

describe('editDistance', () => {
  it.each([
    ['port', 'port', 0],
    ['prot', 'port', 1],
    ['por', 'port', 1],
    ['', 'port', 4],
    ['kitten', 'sitting', 3],
  ])('from %s to %s is %i', (from, to, distance) => {
    expect(editDistance(from, to)).toBe(distance)
    expect(editDistance(to, from)).toBe(distance)
  })
})
