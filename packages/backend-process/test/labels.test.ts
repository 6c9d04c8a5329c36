import { describe, expect, it } from 'vitest'
import { instanceId, labelEnv, parseInstanceId, readLabel, type Label } from '../src/labels.js'

const label: Label = {
  owner: 'me',
  group: 'web',
  token: 't-1',
  host: '::1',
  port: 20_001,
  templateHash: 'abc',
  createdAt: 1_800_000_000_000,
}

describe('labels', () => {
  it('are read back as they were written', () => {
    expect(readLabel(new Map(Object.entries(labelEnv(label))))).toEqual(label)
  })

  it.each(Object.keys(labelEnv(label)).filter((name) => name !== 'FLOTILLA_INSTANCE'))(
    'count only when whole: without %s there is none',
    (name) => {
      const env = new Map(Object.entries(labelEnv(label)))
      env.delete(name)
      expect(readLabel(env)).toBeUndefined()
    },
  )

  it('with a name outside the alphabet are none', () => {
    const env = new Map(Object.entries(labelEnv({ ...label, token: '../x' })))
    expect(readLabel(env)).toBeUndefined()
  })
})

describe('instance ids', () => {
  it('are read back', () => {
    expect(parseInstanceId(instanceId('a-b', 'c'))).toEqual({ group: 'a-b', token: 'c' })
  })

  it('differ when only the border between group and token does', () => {
    expect(instanceId('a', 'b-c')).not.toBe(instanceId('a-b', 'c'))
  })

  it.each(['', 'web', '.', 'web.', '.t', 'web.t.x', 'web/t', '../web.t', 'Web.t', 'web.t\n'])(
    'can never be %j',
    (id) => {
      expect(parseInstanceId(id)).toBeUndefined()
    },
  )
})
