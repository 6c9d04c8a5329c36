import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { sh } from '../lib/sh.js'

/**
 * A certificate authority, and of it a certificate for libvirtd and one for its clients, all named as libvirt names them.
 * Does nothing when they are there.
 *
 * @param {string} directory
 * @param {AbortSignal} signal
 */
export async function makeCertificates(directory, signal) {
  if (existsSync(join(directory, 'clientcert.pem'))) return
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const openssl = (/** @type {readonly string[]} */ ...args) =>
    sh('openssl', args, { cwd: directory, signal })
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
  const extension = [
    '-addext',
    'basicConstraints=critical,CA:TRUE',
    '-addext',
    'keyUsage=critical,keyCertSign',
  ]
  const out = ['-keyout', 'cakey.pem', '-out', 'cacert.pem', '-days', '30', '-subj', '/CN=flotilla lab']
  await openssl('req', '-x509', ...key, ...extension, ...out)
  // The client's last: it says that all are there.
  for (const [role, usage] of /** @type {const} */ ([
    ['server', 'serverAuth'],
    ['client', 'clientAuth'],
  ])) {
    const names = 'subjectAltName=DNS:localhost,IP:127.0.0.1'
    writeFileSync(join(directory, `${role}.ext`), `${names}\nextendedKeyUsage=${usage}\n`)
    await openssl('req', ...key, '-keyout', `${role}key.pem`, '-out', `${role}.csr`, '-subj', '/CN=localhost')
    const authority = ['-CA', 'cacert.pem', '-CAkey', 'cakey.pem', '-CAcreateserial', '-days', '30']
    const files = ['-in', `${role}.csr`, '-out', `${role}cert.pem`, '-extfile', `${role}.ext`]
    await openssl('x509', '-req', ...files, ...authority)
  }
}
