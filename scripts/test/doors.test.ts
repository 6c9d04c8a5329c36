import { expect, it } from 'vitest'
import { brokenDoors } from '../lib/doors.js'
import { importsOf, sourceImports } from '../lib/imports.js'

it('has no import that goes the wrong way', () => {
  expect(brokenDoors(sourceImports())).toEqual([])
})

it('reads imports of values and of types, over several lines and on demand', () => {
  const text = [
    "import { a } from './a.js'",
    "import type { B } from '../b.js'",
    'import {',
    '  c,',
    "} from '@flotilla/core'",
    "export * from './d.js'",
    "const e = await import('./e.js')",
    "// not from './f.js'",
  ].join('\n')
  expect(importsOf('packages/x/src/room/file.ts', text)).toEqual([
    'packages/x/src/room/a.ts',
    'packages/x/src/b.ts',
    '@flotilla/core',
    'packages/x/src/room/d.ts',
    'packages/x/src/room/e.ts',
  ])
})

it.each([
  ['packages/core/src/decide/decide.ts', 'packages/core/src/controller/loop/loop.ts'],
  ['packages/core/src/controller/life/advance.ts', 'packages/core/src/controller/telling/problems.ts'],
  ['packages/core/src/controller/loop/loop.ts', 'packages/core/src/controller/autoscaler.ts'],
  ['packages/core/src/state/store.ts', 'packages/core/src/testing/index.ts'],
  ['packages/core/src/async/deadline.ts', 'packages/core/src/policies/policy.ts'],
  ['packages/core/src/metrics/usage.ts', 'packages/core/src/authoring.ts'],
  ['packages/core/src/backend.ts', '@flotilla/libvirt'],
  ['packages/libvirt/src/index.ts', '@flotilla/core'],
  ['packages/backend-kvm/src/backend.ts', '@flotilla/core/testing'],
  ['packages/backend-kvm/src/backend.ts', '@flotilla/core/src/errors.js'],
  ['packages/backend-kvm/src/backend.ts', 'packages/core/src/errors.ts'],
])('finds that %s may not import %s', (file, target) => {
  expect(brokenDoors(new Map([[file, [target]]]))).toHaveLength(1)
})
