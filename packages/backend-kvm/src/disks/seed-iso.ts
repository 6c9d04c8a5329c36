import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { FlotillaError } from '@flotilla/core'
import { errnoOf, runCommand } from '@flotilla/core/authoring'
import type { Step } from '../connection/link.js'
import type { CloudInitOption } from '../options/kvm-options.js'
import { makeSeedFolder } from './seed-folders.js'

const image = 'seed.iso'

/** Programs that make ISO images, in the order they are tried. */
const makers: readonly (readonly [program: string, ...args: readonly string[]])[] = [
  ['xorriso', '-as', 'mkisofs', '-quiet'],
  ['genisoimage', '-quiet'],
  ['mkisofs', '-quiet'],
]

/**
 * A NoCloud seed: an ISO image with the label `cidata` and what cloud-init reads at first boot. The temporary files are
 * readable to this user only, and removed.
 *
 * @throws FlotillaError `unsupported` when this host has no program that makes ISO images
 */
export async function seedIso(
  { userData, metaData = '', networkConfig }: CloudInitOption,
  machine: { readonly instanceId: string; readonly hostName: string },
  step: Step,
  timeoutMs: number,
): Promise<Uint8Array> {
  const directory = await makeSeedFolder()
  try {
    const own = `instance-id: ${machine.instanceId}\nlocal-hostname: ${machine.hostName}\n`
    const files: readonly (readonly [string, string | undefined])[] = [
      ['user-data', userData],
      ['meta-data', `${own}${metaData}`],
      ['network-config', networkConfig],
    ]
    const written = files.flatMap(([name, text]) => (text === undefined ? [] : [{ name, text }]))
    for (const { name, text } of written) await writeFile(join(directory, name), text, { mode: 0o600 })
    await makeImage(
      directory,
      written.map(({ name }) => name),
      step,
      timeoutMs,
    )
    return await readFile(join(directory, image))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
}

async function makeImage(
  cwd: string,
  names: readonly string[],
  { what, signal }: Step,
  timeoutMs: number,
): Promise<void> {
  for (const [program, ...first] of makers) {
    const args = [...first, '-output', image, '-volid', 'cidata', '-joliet', '-rock', ...names]
    const attempted = `${what}: ${program}`
    const done = await runCommand([program, ...args], { attempted, cwd, timeoutMs, signal }).catch(
      unlessNotThere,
    )
    if (done === undefined) continue
    if (done.exitCode === 0) return
    throw new FlotillaError('launch-failed', `${attempted}: ${done.stderr.slice(0, 500)}`)
  }
  const message = `${what}: cloudInit needs a program that makes ISO images; install xorriso or genisoimage`
  throw new FlotillaError('unsupported', message)
}

function unlessNotThere(error: unknown): undefined {
  if (error instanceof FlotillaError && errnoOf(error.cause) === 'ENOENT') return undefined
  throw error
}
