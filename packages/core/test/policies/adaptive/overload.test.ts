import { describe, expect, it } from 'vitest'
import {
  addedFor,
  faded,
  isOverloaded,
  lateShareAfter,
  lateShareOf,
  queueMoves,
} from '../../../src/policies/adaptive/overload.js'

describe('overload', () => {
  const work = { cpu: 0.5, queue: 0, servingCount: 4, perInstance: 10 }

  it.each([
    [{}, false],
    [{ cpu: 0.98 }, true],
    [{ queue: 2 }, false],
    [{ queue: 2.1 }, true],
    [{ queue: undefined }, false],
  ])('%o: %s', (change, overloaded) => {
    expect(isOverloaded({ ...work, ...change })).toBe(overloaded)
  })

  it.each([
    [{}, 0],
    [{ queue: 6 }, 0.25],
    [{ queue: 3 }, 0.0625],
    [{ queue: 100 }, 1],
    [{ queue: undefined, cpu: 0.97 }, 0.25],
    [{ queue: undefined, cpu: 2 }, 1],
    [{ queue: 100, perInstance: 0 }, 0],
  ])('%o makes %s of it late', (change, share) => {
    expect(lateShareOf({ ...work, ...change })).toBeCloseTo(share, 9)
  })

  it.each([
    ['what began within the interval by half', 0, 0.8, 0.4],
    ['what went on in full', 0.8, 0.8, 0.8],
    ['what grew by half of the growth', 0.4, 0.8, 0.6],
    ['what fell as it is now', 0.8, 0.2, 0.2],
  ])('counts %s', (_, before, now, counted) => {
    expect(lateShareAfter(before, now)).toBeCloseTo(counted, 12)
  })

  it.each([
    ['nothing for a queue at instances that can do what arrives', {}, 3.9, 0, 0],
    ['by how far the load has outgrown them', {}, 4.5, 0, 0.5],
    ['up to a bound', {}, 40, 0, 2],
    ['more where a shortage is dear', {}, 3.9, 0.6, 0.6],
    ['as much as the load when it knows no queue', {}, 3.9, undefined, 1],
  ])('adds %s', (_, change, load, dearness, added) => {
    expect(addedFor({ ...work, ...change }, load, dearness, 0)).toBeCloseTo(added, 12)
  })

  it.each([
    ['not before it was above 0', false, { cpu: 0.5, queue: 0 }, false],
    ['once it was', false, { cpu: 0.5, queue: 0.1 }, true],
    ['while it is 0 and nothing is full', true, { cpu: 0.9, queue: 0 }, true],
    ['no more when it stays 0 at a full CPU', true, { cpu: 0.99, queue: 0 }, false],
    ['as before while it is missing', true, { cpu: 0.99, queue: undefined }, true],
  ])('believes a queue %s', (_, before, seen, believed) => {
    expect(queueMoves(before, seen)).toBe(believed)
  })

  it('lets go slowly', () => {
    expect(faded(0.4)).toBeCloseTo(0.28, 12)
    expect(addedFor(work, 3.9, 0, 0.4)).toBeCloseTo(0.28, 12)
  })
})
