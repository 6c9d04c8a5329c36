import { execFileSync } from 'node:child_process'
import { expect, it } from 'vitest'
import { fileInTar, tarOf } from '../../../src/reach/container/tar.js'

it.each([0, 1, 511, 512, 513, 5000])('gives back a file of %i bytes', (length) => {
  const content = Buffer.alloc(length, 'ü')
  const archive = tarOf('backend.conf.tmp', content, 0o640)
  expect(archive.length % 512).toBe(0)
  expect(fileInTar(archive)).toEqual({ content, mode: 0o640 })
})

it('is what tar itself reads', () => {
  const archive = tarOf('backend.conf.tmp', Buffer.from('upstream x {}\n'), 0o644)
  const listing = execFileSync('tar', ['-tvf', '-'], { input: archive, encoding: 'utf8' })
  expect(listing).toMatch(/^-rw-r--r-- .* 14 .* backend\.conf\.tmp\n$/)
  expect(execFileSync('tar', ['-xOf', '-'], { input: archive, encoding: 'utf8' })).toBe('upstream x {}\n')
})

it('passes over extended headers', () => {
  const archive = tarOf('a', Buffer.from('content'), 0o644)
  const extended = tarOf('pax', Buffer.from('30 mtime=1700000000.123456789\n'), 0o644).subarray(0, 1024)
  extended.write('x', 156)
  expect(fileInTar(Buffer.concat([extended, archive]))?.content.toString()).toBe('content')
})

it('finds nothing in an archive of a directory', () => {
  const directory = tarOf('conf.d/', Buffer.alloc(0), 0o755)
  directory.write('5', 156)
  expect(fileInTar(directory)).toBeUndefined()
  expect(fileInTar(Buffer.alloc(1024))).toBeUndefined()
  expect(fileInTar(Buffer.alloc(0))).toBeUndefined()
})
