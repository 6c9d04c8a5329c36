import { FlotillaError } from '@flotilla/core'
import { DarwinProcessTable } from './darwin-process-table.js'
import { LinuxProcessTable } from './linux-process-table.js'
import type { ProcessTable } from './process-table.js'

/**
 * The process table of this host.
 *
 * @throws FlotillaError `unsupported` on anything but Linux and macOS
 */
export function hostProcessTable(platform: NodeJS.Platform = process.platform): ProcessTable {
  if (platform === 'linux') return new LinuxProcessTable()
  if (platform === 'darwin') return new DarwinProcessTable()
  const why =
    platform === 'win32'
      ? 'Windows has no signals and no process groups, so an instance could be neither asked to end nor ended with its ' +
        'children. Run it under WSL 2, or use another backend'
      : `${platform} is not one of linux and darwin`
  throw new FlotillaError('unsupported', `processes: does not work on this system: ${why}`)
}
