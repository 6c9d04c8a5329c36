import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach } from 'vitest'
import type { ConnectOptions } from '../../src/config/connect-options.js'
import { settingsOf } from '../../src/config/settings-of-options.js'
import type { CloudSettings } from '../../src/config/settings.js'

const names = ['here', 'user', 'system']

/** The three folders that are searched for clouds.yaml, anew for each test. */
export function configFolders() {
  let folder = ''
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'openstack-client-'))
    for (const name of names) mkdirSync(join(folder, name))
  })
  afterEach(() => rmSync(folder, { recursive: true, force: true }))
  const pathOf = (file: string): string => join(folder, file)
  return {
    pathOf,
    write: (file: string, text: string): string => {
      writeFileSync(pathOf(file), text)
      return pathOf(file)
    },
    settings: (options: ConnectOptions = {}): CloudSettings =>
      settingsOf({ environment: {}, searchPath: names.map(pathOf), ...options }),
  }
}
