import { runningSwarm } from './swarm-kit.js'
import { describe, expect, it } from 'vitest'
import { FlotillaError } from '@flotilla/core'
import { swarmService } from '../src/backend.js'

describe('swarmService refuses', () => {
  const bad: readonly (readonly [field: string, options: object])[] = [
    ['image', {}],
    ['image', { image: 'web 1' }],
    ['image', { adopt: 'shop', image: 'web:1' }],
    ['restart', { adopt: 'shop', restart: 'any' }],
    ['adopt', { adopt: '../x' }],
    ['port', { image: 'web:1', address: 'published' }],
    ['address', { image: 'web:1', address: 'name' }],
    ['endpointMode', { image: 'web:1', endpointMode: 'dns' }],
    ['restart', { image: 'web:1', restart: 'always' }],
    ['labels', { image: 'web:1', labels: { 'flotilla.token.x': '1' } }],
    ['update.order', { image: 'web:1', update: { order: 'any' } }],
    ['update.parallel', { image: 'web:1', update: { parallel: 0 } }],
    ['env.A', { image: 'web:1', env: { A: 1 } }],
    ['replicas', { image: 'web:1', replicas: 3 }],
  ]
  for (const [field, options] of bad) {
    it(`${field} in ${JSON.stringify(options)}`, () => {
      let thrown: unknown
      try {
        swarmService(options)
      } catch (error) {
        thrown = error
      }
      expect(thrown).toBeInstanceOf(FlotillaError)
      expect(thrown).toMatchObject({ code: 'invalid-options', field })
    })
  }

  it('nothing of what it can do, and says what it cannot', () => {
    const { supports: plain } = swarmService({ image: 'web:1' })
    expect(plain).toEqual({ usage: false, watch: false, chooseVictim: false })
    const nodes = { box: { host: 'tcp://10.0.0.5:2375' } }
    expect(swarmService({ image: 'web:1', nodes }).supports).toEqual({
      usage: true,
      watch: false,
      chooseVictim: false,
    })
  })
})

describe('options', () => {
  it.each([
    [{ port: 8080 }, 'network'],
    [{ port: 8080, network: 'host' }, 'network'],
    [{ network: 'bridge' }, 'network'],
    [{ reserve: { cpus: 0 } }, 'reserve.cpus'],
  ])('that leave tasks nobody could reach, or mean nothing, are refused: %j', (options, field) => {
    expect(() => swarmService({ image: 'web:1', ...options })).toThrow(
      expect.objectContaining({ code: 'invalid-options', field }),
    )
  })

  it('reserve what a task needs on its node', async () => {
    const { swarm } = await runningSwarm(['a'], { reserve: { cpus: 0.5, memoryBytes: 1e8 } })
    const Reservations = { NanoCPUs: 5e8, MemoryBytes: 1e8 }
    expect(swarm.byName('web').Spec.TaskTemplate).toMatchObject({ Resources: { Reservations } })
  })
})
