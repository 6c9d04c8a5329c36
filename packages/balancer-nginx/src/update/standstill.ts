import { FlotillaError } from '@flotilla/core'
import type { Look, NginxApi } from '../nginx-api.js'

/**
 * Refuses to begin an update that could not be seen through.
 *
 * @throws FlotillaError `unavailable` during a binary upgrade, whose old master takes connections and reads no new
 *   configuration; `invalid-options` when the master reads another main configuration file than the commands
 */
export function refuseStandstill(
  { where, mainConfigFile }: Pick<NginxApi, 'where' | 'mainConfigFile'>,
  { upgrade, masterTitle }: Look,
): void {
  if (upgrade !== undefined) {
    const { oldPid, newPid } = upgrade
    const message = `configure ${where}: a binary upgrade is under way: the old master ${oldPid} still takes connections beside the new one ${newPid}, and reads no new configuration; end it (kill -QUIT ${oldPid}), or go back to it (kill -HUP ${oldPid}, then kill -QUIT ${newPid})`
    throw new FlotillaError('unavailable', message)
  }
  const [, runs] = /\s-c\s+(\/\S+)/.exec(masterTitle ?? '') ?? []
  if (runs === undefined || runs === mainConfigFile) return
  const given = mainConfigFile ?? 'the one it was built with'
  const message = `configure ${where}: its master was started with -c ${runs}, and nginx -t would look at ${given}: give mainConfigFile: '${runs}'`
  throw new FlotillaError('invalid-options', message, { field: 'mainConfigFile', value: mainConfigFile })
}
