import { testBackend } from '@flotilla/core/testing'
import { describe, it } from 'vitest'
import { makeTmux } from './tmux-kit.js'

testBackend({ describe, it }, 'tmux', { make: makeTmux })
