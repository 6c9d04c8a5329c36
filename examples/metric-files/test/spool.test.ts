import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { testMetrics, trackedInstances } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { spool } from '../spool.js'

// #region kit
testMetrics({ describe, it }, 'spool', {
  make: async () => {
    const directory = await mkdtemp(join(tmpdir(), 'flotilla-spool-'))
    const instances = trackedInstances(3)
    for (const { id } of instances) await writeFile(join(directory, id), '12345')
    return {
      metrics: spool({ directory }),
      instances,
      known: { 'spool.files': 3, 'spool.bytes': 5 },
      failAll: async () => rm(directory, { recursive: true }),
      failOne: async (id) => rm(join(directory, id)),
      cleanup: async () => rm(directory, { recursive: true, force: true }),
    }
  },
})
// #endregion
