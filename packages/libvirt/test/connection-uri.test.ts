import { describe, expect, it } from 'vitest'
import { parseConnectionUri } from '../src/connection-uri.js'
import { remoteSocketPath, socketPath } from '../src/transports/socket-path.js'
import { sshArguments } from '../src/transports/ssh.js'

describe('a connection’s URI', () => {
  it.each([
    [
      'qemu:///system',
      { driver: 'qemu', transport: 'unix', host: '', name: 'qemu:///system', isSession: false },
    ],
    ['qemu:///session', { transport: 'unix', name: 'qemu:///session', isSession: true }],
    ['test:///default', { driver: 'test', transport: 'unix', name: 'test:///default' }],
    ['qemu+unix:///system?socket=/a/b', { transport: 'unix', parameters: { socket: '/a/b' } }],
    ['qemu:///system?socket=%2Fa%20b&mode=direct', { parameters: { socket: '/a b', mode: 'direct' } }],
    ['qemu+ssh://root@host/system', { transport: 'ssh', user: 'root', host: 'host', port: undefined }],
    ['qemu+ssh://a%40b@host.example:2222/system', { user: 'a@b', host: 'host.example', port: 2222 }],
    ['qemu+ssh://[fe80::1]/system', { host: 'fe80::1' }],
    ['qemu+ssh://h/system?no_verify=1&no_tty=1', { parameters: { noVerify: true } }],
    [
      'qemu+tls://host:1/system?pkipath=/p',
      { transport: 'tls', port: 1, parameters: { pkiPath: '/p', noVerify: false } },
    ],
    ['qemu://host/system', { transport: 'tls', host: 'host' }],
    ['qemu+tcp://127.0.0.1/system?name=qemu:///embed', { transport: 'tcp', name: 'qemu:///embed' }],
  ])('%s is understood', (text, parts) => {
    expect(parseConnectionUri(text)).toMatchObject({ text, ...parts })
  })

  it.each([
    'qemu', // no scheme
    'qemu+ext:///system',
    'qemu+libssh2://host/system',
    'qemu+ssh+x://host/system',
    'qemu+ssh:///system', // no host
    'qemu+tcp:///system',
    'qemu+unix://host/system',
    'qemu+ssh://-oProxyCommand=touch/system', // an option to ssh
    'qemu+ssh://-lroot@host/system',
    'qemu+ssh://%2Doption@host/system',
    'qemu+ssh://a%0Ab@host/system',
    'qemu+ssh://ho%20st/system',
    'qemu+ssh://host$(id)/system',
    'qemu+ssh://host/system;id', // would reach a shell
    'qemu+ssh://host/system%3Bid',
    'qemu+ssh://host/sys%0Atem',
    'qemu+ssh://host/system?socket=/a;id',
    'qemu+ssh://host/system?socket=relative',
    'qemu+ssh://host/system?netcat=nc%20-e',
    'qemu+ssh://host/system?netcat=-e',
    'qemu+ssh://host/system?command=-x',
    'qemu+ssh://host/system?keyfile=-x',
    'qemu+ssh://host/system?known_hosts=/a%22b',
    'qemu+ssh://host/system?proxy=other',
    'qemu+ssh://host/system?pkipath=/p', // of another transport
    'qemu+tls://host/system?no_verify=2',
    'qemu+tls://host/system?tls_priority=NORMAL', // unknown here: not dropped
    'qemu:///system?socket=/a&socket=/b',
    'qemu:///system?socket=/a%00b',
    'qemu:///system#x',
    'qemu+ssh://host:0/system',
    'qemu+ssh://host:99999/system',
    'qemu+tcp://h/system?name=$(id)',
    'qemu://host%ff/%ff',
  ])('%s is refused', (text) => {
    expect(() => parseConnectionUri(text)).toThrow(
      expect.objectContaining({ name: 'LibvirtError', kind: 'invalid-argument' }),
    )
  })

  it('with a password is refused without repeating it', () => {
    expect(() => parseConnectionUri('qemu+ssh://user:hunter2@host/system')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('hunter2') as string }),
    )
  })
})

describe('the socket', () => {
  it('is where libvirt has it', () => {
    expect(socketPath(parseConnectionUri('qemu:///system?mode=legacy'), false)).toBe(
      '/run/libvirt/libvirt-sock',
    )
    expect(socketPath(parseConnectionUri('qemu:///system?mode=legacy'), true)).toBe(
      '/run/libvirt/libvirt-sock-ro',
    )
    expect(socketPath(parseConnectionUri('qemu:///system?mode=direct'), false)).toBe(
      '/run/libvirt/virtqemud-sock',
    )
    expect(socketPath(parseConnectionUri('qemu:///session?mode=legacy'), true)).toMatch(
      /\/libvirt\/libvirt-sock$/,
    )
    expect(socketPath(parseConnectionUri('qemu:///system?socket=/a'), true)).toBe('/a')
    expect(remoteSocketPath(parseConnectionUri('qemu+ssh://h/system'), true)).toBe(
      '/var/run/libvirt/libvirt-sock-ro',
    )
  })
})

describe('ssh', () => {
  it.each([
    [
      'qemu+ssh://host/system',
      'virt-ssh-helper',
      false,
      '-T -e none -o BatchMode=yes -- host virt-ssh-helper qemu:///system',
    ],
    [
      'qemu+ssh://host/system',
      'virt-ssh-helper',
      true,
      '-T -e none -o BatchMode=yes -- host virt-ssh-helper -r qemu:///system',
    ],
    [
      'qemu+ssh://me@host:2222/system?keyfile=/k&no_verify=1&known_hosts=/h',
      'netcat',
      false,
      '-p 2222 -l me -T -e none -o BatchMode=yes -i /k -o UserKnownHostsFile="/h" -o StrictHostKeyChecking=no -- host nc -U /var/run/libvirt/libvirt-sock',
    ],
    [
      'qemu+ssh://host/system?netcat=ncat&socket=/s',
      'netcat',
      false,
      '-T -e none -o BatchMode=yes -- host ncat -U /s',
    ],
  ] as const)('is called for %s with %s', (uri, helper, readOnly, args) => {
    expect(sshArguments(parseConnectionUri(uri), helper, readOnly).join(' ')).toBe(args)
  })
})
