export type { Backend } from '@flotilla/core'
