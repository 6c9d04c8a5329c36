/** What may stand behind the target, apart by commas; the last line is Podman's. */
const modes = new Set(
  (
    'ro rw z Z nocopy consistent cached delegated shared slave private rshared rslave rprivate ' +
    'U O exec noexec dev nodev suid nosuid copy'
  ).split(' '),
)

const volumeName = /^[a-zA-Z0-9][a-zA-Z0-9_.-]+$/

/** Why an engine would not mount it; undefined when it would. */
export function problemOfVolume(volume: string): string | undefined {
  const [source = '', target = '', mode, ...rest] = volume.split(':')
  if (source.startsWith('.') || source.startsWith('~')) {
    return 'with the whole path of the host, /srv/www:/www: an engine knows no current directory'
  }
  if (!source.startsWith('/') && !volumeName.test(source)) {
    return 'with a path of the host or the name of a volume (letters, digits, . _ -, two at least): data:/data'
  }
  if (!target.startsWith('/') || target === '/') return 'with a whole path inside: data:/data'
  const isKnown = mode === undefined || mode.split(',').every((one) => modes.has(one))
  if (!isKnown || rest.length > 0) return 'source:/target, or with modes such as :ro'
  return undefined
}

/** The path inside that two volumes share; an engine refuses that too. */
export function sharedTarget(volumes: readonly string[]): string | undefined {
  const targets = volumes.map((volume) => volume.split(':')[1]?.replace(/(?<=.)\/+$/, '') ?? '')
  return targets.find((target, index) => targets.indexOf(target) !== index)
}
