import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  domainName,
  fileName,
  groupMark,
  hostName,
  macFor,
  readDomainName,
  readFileName,
  readHostName,
  type FileKind,
} from '../src/names.js'

const word = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/)

const scope = fc.stringMatching(/^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/)

const name = fc.record({ scope, group: word, key: fc.oneof(word, fc.constant('_0123456789ab')) })

const kind = fc.constantFrom<FileKind>('qcow2', 'seed.iso', 'console.log', 'disk1.qcow2', 'disk20.qcow2')

describe('names', () => {
  it('are read back as they were written, whatever hyphens stand where', () => {
    fc.assert(
      fc.property(name, fc.uuid(), kind, (given, uuid, file) => {
        expect(readDomainName(domainName(given))).toEqual(given)
        const read = readFileName(fileName(given, uuid, '0123abcd', file))
        expect(read).toEqual({ ...given, uuidPart: uuid.slice(0, 8), mark: '0123abcd' })
      }),
    )
  })

  it('of two machines are never the same', () => {
    fc.assert(
      fc.property(name, name, (one, other) => {
        fc.pre(JSON.stringify(one) !== JSON.stringify(other))
        expect(domainName(one)).not.toBe(domainName(other))
      }),
    )
  })

  it('of host entries are one DNS label, begin with a letter and carry the group', () => {
    fc.assert(
      fc.property(name, (given) => {
        const text = hostName(given, 'u')
        expect(text).toMatch(/^f[a-z0-9-]{1,61}[a-z0-9]$/)
        expect(readHostName(text)).toEqual({ groupMark: groupMark(given) })
      }),
    )
  })

  const strangers: readonly string[] = [
    'web',
    'web-1',
    'flotilla.web',
    'a.b.c.d',
    'Flotilla.web.1',
    'flotilla.web.',
    '.web.1',
    'flotilla.web.1 ',
  ]
  for (const stranger of strangers) {
    it(`does not take ${JSON.stringify(stranger)} for one of ours`, () => {
      expect(readDomainName(stranger)).toBeUndefined()
    })
  }

  for (const file of [
    'golden.qcow2',
    'flotilla.web.1.qcow2',
    'flotilla.web.1.0123456.qcow2',
    'flotilla.web.1.01234567.img',
  ]) {
    it(`does not take the file ${file} for one of ours`, () => {
      expect(readFileName(file)).toBeUndefined()
    })
  }

  it('give each card a MAC address of QEMU’s own range', () => {
    expect(macFor('u1', 0)).toMatch(/^52:54:00(:[0-9a-f]{2}){3}$/)
    expect(new Set([macFor('u1', 0), macFor('u1', 1), macFor('u2', 0)]).size).toBe(3)
  })
})
