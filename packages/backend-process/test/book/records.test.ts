import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { parseRecord, type LaunchRecord } from '../../src/book/record.js'
import type { Records } from '../../src/book/records.js'
import { Playground, deadClaim } from '../support/playground.js'

const record: LaunchRecord = { claim: deadClaim, createdAt: 1, templateHash: 'abc', host: '::1' }

let playground: Playground
let records: Records

beforeEach(async () => {
  playground = await Playground.make()
  records = playground.records
})
afterEach(async () => playground.cleanup())

describe('records', () => {
  it('give each generation of a token to one of those that claim it at once', async () => {
    for (const generation of [1, 2]) {
      const claims = Array.from({ length: 8 }, async () => records.claim('web', 't', { generation, record }))
      expect((await Promise.all(claims)).filter(Boolean)).toHaveLength(1)
    }
  })

  it('hold by the highest generation', async () => {
    for (const generation of [1, 2, 10]) {
      await records.claim('web', 't', { generation, record: { ...record, port: generation } })
    }
    expect(await records.read('web', 't')).toEqual({ generation: 10, record: { ...record, port: 10 } })
  })

  it('are none before they are claimed and after they are removed', async () => {
    expect(await records.read('web', 't')).toBeUndefined()
    await records.claim('web', 't', { generation: 1, record })
    await records.remove('web', 't')
    expect(await records.read('web', 't')).toBeUndefined()
    await records.remove('web', 't')
    expect(await records.tokens('web')).toEqual([])
  })

  it('leave no drafts behind', async () => {
    await records.claim('web', 't', { generation: 1, record })
    await records.claim('web', 't', { generation: 1, record })
    await records.write('web', 't', { generation: 1, record: { ...record, port: 5 } })
    expect(await readdir(records.directory('web', 't'))).toEqual(['launch-1.json'])
  })

  it.each(['', '{', 'null', '[]', '{"claim":{}}', JSON.stringify({ ...record, child: { pid: -5 } })])(
    'that are damaged (%j) are there, without their facts',
    async (json) => {
      await records.claim('web', 't', { generation: 1, record })
      await writeFile(join(records.directory('web', 't'), 'launch-1.json'), json)
      expect(await records.read('web', 't')).toEqual({ generation: 1, record: undefined })
    },
  )

  it('take no notice of files and directories that are not theirs', async () => {
    await records.claim('web', 't', { generation: 1, record })
    await mkdir(join(playground.stateDir, 'groups', 'web', 'Not A Token'))
    await writeFile(join(playground.stateDir, 'groups', 'web', 'notes.txt'), '')
    await writeFile(join(records.directory('web', 't'), 'launch-2.json.draft'), '{}')
    expect(await records.tokens('web')).toEqual(['t'])
    expect(await records.read('web', 't')).toEqual({ generation: 1, record })
  })

  it('finish a removal that was cut short', async () => {
    await mkdir(join(playground.stateDir, 'groups', 'web', '.gone-x'), { recursive: true })
    await records.tokens('web')
    expect(await readdir(join(playground.stateDir, 'groups', 'web'))).toEqual([])
  })

  it('survive JSON', () => {
    const whole: LaunchRecord = {
      ...record,
      port: 5,
      child: { pid: 7, birth: 'b' },
      exit: { code: null, signal: 'SIGKILL' },
    }
    expect(parseRecord(JSON.stringify(whole))).toEqual(whole)
  })
})
