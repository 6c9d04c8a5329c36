import { adapt } from './research/adapt.js'
import { awsStep } from './aws/aws-step.js'
import { awsTargetTracking } from './aws/aws-tracking.js'
import { conpaas } from './research/conpaas.js'
import { hist } from './research/hist.js'
import { hpa, keda } from './kubernetes.js'
import { nomad } from './nomad.js'
import { react } from './research/react.js'
import { reg } from './research/reg.js'
import { loops, thresholdRule } from './rules.js'

/** Other systems' rules, ready to be compared with. Each says in `source` where it comes from. */
export const peers: {
  readonly hpa: typeof hpa
  readonly keda: typeof keda
  readonly awsTargetTracking: typeof awsTargetTracking
  readonly awsStep: typeof awsStep
  readonly nomad: typeof nomad
  readonly threshold: typeof thresholdRule
  readonly loops: typeof loops
  readonly react: typeof react
  readonly adapt: typeof adapt
  readonly reg: typeof reg
  readonly hist: typeof hist
  readonly conpaas: typeof conpaas
} = {
  hpa,
  keda,
  awsTargetTracking,
  awsStep,
  nomad,
  threshold: thresholdRule,
  loops,
  react,
  adapt,
  reg,
  hist,
  conpaas,
}
