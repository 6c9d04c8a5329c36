import { FlotillaError, type ErrorCode } from '@flotilla/core'
import { LibvirtError, type LibvirtErrorKind } from '@flotilla/libvirt'
import { describe, expect, it } from 'vitest'
import { fromLibvirt, isAsAsked, isEntryTaken, isNameTaken, isNoDomain, isNoEntry } from '../src/errors.js'
import { goneError, libvirtError } from './fakes/fake-errors.js'

const attempt = { what: 'launch flotilla.web.1: start the domain', uri: 'qemu:///system' }

/** Numbers and words as libvirt 9.0 gave them: labs/kvm.md, section 6. */
const answers: readonly (readonly [code: number, domain: number, message: string, ours: ErrorCode])[] = [
  [42, 10, "Domain not found: no domain with matching name 'X'", 'not-found'],
  [9, 20, "operation failed: domain 'X' already exists with uuid U", 'conflict'],
  [55, 10, 'Requested operation is not valid: domain is already running', 'conflict'],
  [35, 20, '(domain_definition):1: Opening and ending tag mismatch', 'invalid-template'],
  [27, 20, 'XML error: an os <type> must be specified', 'invalid-template'],
  [
    38,
    18,
    "Cannot access storage file 'P' (as uid:64055, gid:64055): No such file or directory",
    'invalid-template',
  ],
  [
    38,
    18,
    "Cannot access backing file 'G' of storage file 'P': No such file or directory",
    'invalid-template',
  ],
  [38, 18, 'inaccessible backing store volume G: No such file or directory', 'invalid-template'],
  [
    1,
    10,
    'internal error: qemu unexpectedly closed the monitor: ... Image is not in qcow2 format',
    'invalid-template',
  ],
  [
    1,
    10,
    'internal error: ... Failed to get "write" lock Is another process using the image [P]?',
    'conflict',
  ],
  [
    1,
    0,
    'internal error: Child process (/usr/bin/qemu-img create) unexpected exit status 1: No space left on device',
    'no-capacity',
  ],
  [38, 18, "cannot allocate 5 bytes in file 'P': No space left on device", 'no-capacity'],
  [90, 18, "storage volume 'V' exists already", 'conflict'],
  [50, 18, 'Storage volume not found: V', 'not-found'],
  [49, 18, 'Storage pool not found: P', 'invalid-template'],
  [55, 19, "Requested operation is not valid: network 'default' is not active", 'unavailable'],
  [55, 18, "Requested operation is not valid: storage pool 'p' is not active", 'unavailable'],
  [43, 19, "Network not found: no network with matching name 'N'", 'invalid-template'],
  [1, 47, 'internal error: Unable to get system bus connection: x', 'permission-denied'],
  [29, 20, 'operation forbidden: read only access prevents virDomainDefineXMLFlags', 'permission-denied'],
  [39, 7, 'authentication required', 'permission-denied'],
  [38, 7, 'Cannot recv data: Connection reset by peer', 'unavailable'],
  [
    1,
    10,
    "internal error: process exited while connecting to monitor: cannot set up guest memory 'pc.ram': Cannot allocate memory",
    'no-capacity',
  ],
  [
    1,
    10,
    'internal error: hugetlbfs filesystem is not mounted or disabled by administrator config',
    'invalid-template',
  ],
  [80, 20, 'metadata not found: Requested metadata element is not present', 'not-found'],
  [
    67,
    10,
    "unsupported configuration: Emulator '/usr/bin/qemu-system-x86_64' does not support virt type 'kvm'",
    'invalid-template',
  ],
  [8, 0, 'invalid argument: could not find capabilities for arch=x86_64 domaintype=kvm', 'invalid-template'],
  [74, 10, 'argument unsupported: QEMU guest agent is not configured', 'unsupported'],
  [86, 10, 'Guest agent is not responding: QEMU guest agent is not connected', 'unavailable'],
  [68, 10, 'Timed out during operation: cannot acquire state change lock', 'timeout'],
  [1, 10, 'internal error: something else', 'launch-failed'],
]

describe('what libvirt says', () => {
  for (const [code, domain, message, ours] of answers) {
    it(`${code}/${domain} ${message.slice(0, 60)} is ${ours}`, () => {
      const cause = libvirtError(code, domain, message)
      const error = fromLibvirt(cause, { ...attempt, otherwise: 'launch-failed', instanceId: 'u' })
      expect(error).toMatchObject({ code: ours, cause, instanceId: 'u' })
      expect(error.message).toContain(attempt.what)
      expect(error.message).toContain(message)
    })
  }

  it('that KVM cannot be used is said plainly, with what to do', () => {
    const cause = libvirtError(67, 10, "Emulator 'x' does not support virt type 'kvm'")
    expect(fromLibvirt(cause, attempt).message).toMatch(/KVM was asked for.*domainType: 'qemu'/)
  })

  const kinds: readonly (readonly [kind: LibvirtErrorKind, ours: ErrorCode])[] = [
    ['connection', 'unavailable'],
    ['timeout', 'timeout'],
    ['protocol', 'unavailable'],
    ['authentication', 'permission-denied'],
    ['unsupported', 'unsupported'],
    ['invalid-argument', 'invalid-template'],
  ]
  for (const [kind, ours] of kinds) {
    it(`a failure of the kind ${kind} is ${ours}`, () => {
      expect(fromLibvirt(new LibvirtError('x', { kind }), attempt).code).toBe(ours)
    })
  }

  it('an answer of virsh, which has no number, is told by its words', () => {
    const cause = new LibvirtError('error: No space left on device', { kind: 'libvirt' })
    expect(fromLibvirt(cause, attempt).code).toBe('no-capacity')
  })

  it('a socket that nobody listens at is unavailable, with a question', () => {
    expect(fromLibvirt(goneError('ECONNREFUSED'), attempt)).toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/does libvirtd run\?/),
    })
  })

  it('a socket that this user may not open is permission-denied', () => {
    const cause = new LibvirtError('x', { cause: Object.assign(new Error('y'), { code: 'EACCES' }) })
    expect(fromLibvirt(cause, attempt).code).toBe('permission-denied')
  })

  it('is translated once', () => {
    const ours = new FlotillaError('conflict', 'as it is')
    expect(fromLibvirt(ours, attempt)).toBe(ours)
  })

  it('never shows a password', () => {
    const error = fromLibvirt(new LibvirtError('no qemu+ssh://me:hunter2@host/system'), {
      ...attempt,
      uri: 'qemu+ssh://me:hunter2@host/system',
    })
    expect(error.message).not.toContain('hunter2')
  })
})

describe('what is asked of an error', () => {
  const table: readonly (readonly [
    is: (error: unknown) => boolean,
    code: number,
    message: string,
    expected: boolean,
  ])[] = [
    [isNoDomain, 42, 'Domain not found', true],
    [isNoDomain, 50, 'Storage volume not found', false],
    [isNameTaken, 9, "operation failed: domain 'X' already exists with uuid U", true],
    [isNameTaken, 9, 'operation failed: domain is being removed', false],
    [isAsAsked, 55, 'domain is already running', true],
    [isAsAsked, 55, 'domain is not running', true],
    [isAsAsked, 55, "network 'default' is not active", false],
    [isEntryTaken, 55, "there is an existing dhcp host entry in network 'default' that matches", true],
    [isNoEntry, 55, "couldn't locate a matching dhcp host entry in network 'default'", true],
    [isNoEntry, 55, "there is an existing dhcp host entry in network 'default' that matches", false],
  ]
  for (const [is, code, message, expected] of table) {
    it(`${is.name} of ${code} ${message} is ${expected}, bare or translated`, () => {
      const cause = libvirtError(code, 10, message)
      expect(is(cause)).toBe(expected)
      expect(is(fromLibvirt(cause, attempt))).toBe(expected)
    })
  }
})
