import { decisionLogFileForm } from './decide/log/decision-log-file.js'
import { decisionLogForm } from './decide/log/decision-log.js'
import { customMetricForm } from './metrics/custom.js'
import { hostMetricsForm } from './metrics/host/host.js'
import { httpJsonForm } from './metrics/http-json/http-json.js'
import { prometheusForm } from './metrics/prometheus/prometheus.js'
import { usageMetricsForm } from './metrics/usage.js'
import { adaptiveForm } from './policies/adaptive/adaptive.js'
import { awsMergeForm } from './policies/aws/aws-merge.js'
import { backlogForm } from './policies/aws/backlog.js'
import { simpleScalingForm } from './policies/aws/simple-scaling.js'
import { stepScalingForm } from './policies/aws/step-scaling.js'
import { allForm } from './policies/combine/all.js'
import { anyForm } from './policies/combine/any.js'
import { byPriorityForm } from './policies/combine/by-priority.js'
import { firstOfForm, maxOfForm, minOfForm } from './policies/combine/combine.js'
import { dampenForm } from './policies/combine/dampen.js'
import { weightedForm } from './policies/combine/weighted.js'
import { whenBlindForm } from './policies/combine/when-blind.js'
import { customPolicyForm } from './policies/custom.js'
import { fixedForm } from './policies/fixed.js'
import { activationForm } from './policies/keda/activation.js'
import { fallbackForm } from './policies/keda/fallback.js'
import { formulaForm } from './policies/keda/formula.js'
import { jobSlotsForm } from './policies/keda/job-slots.js'
import { targetTrackingForm } from './policies/kubernetes/target-tracking.js'
import { nomadMergeForm } from './policies/nomad/nomad-merge.js'
import { passThroughForm } from './policies/nomad/pass-through.js'
import { targetValueForm } from './policies/nomad/target-value.js'
import { windowThresholdForm } from './policies/nomad/window-threshold.js'
import { duringForm, scheduledForm } from './policies/schedule/schedule.js'
import { scheduledActionsForm } from './policies/schedule/scheduled-actions.js'
import { thresholdForm } from './policies/threshold.js'
import { customProbeForm } from './probes/custom.js'
import { httpProbeForm } from './probes/http.js'
import { tcpProbeForm } from './probes/tcp.js'
import { fileStoreForm } from './state/file/file-store.js'
import { memoryStoreForm } from './state/memory-store.js'
import { groupSchema } from './controller/options/full-options.js'
import type { Form } from './options/form.js'

/**
 * How everything of this package is written in a configuration file. `@flotilla/config` reads it; a package of yours that
 * exports its own `forms` can stand beside it.
 *
 * @module
 */

export { groupSchema }

/** Of policies, metric sources, probes, stores and logs. */
export const forms: readonly Form[] = [
  targetTrackingForm,
  thresholdForm,
  customPolicyForm,
  fixedForm,
  adaptiveForm,
  awsMergeForm,
  simpleScalingForm,
  stepScalingForm,
  backlogForm,
  allForm,
  anyForm,
  maxOfForm,
  minOfForm,
  firstOfForm,
  byPriorityForm,
  weightedForm,
  dampenForm,
  whenBlindForm,
  nomadMergeForm,
  passThroughForm,
  targetValueForm,
  windowThresholdForm,
  activationForm,
  fallbackForm,
  jobSlotsForm,
  formulaForm,
  scheduledForm,
  prometheusForm,
  httpJsonForm,
  hostMetricsForm,
  customMetricForm,
  tcpProbeForm,
  customProbeForm,
  httpProbeForm,
  decisionLogForm,
  decisionLogFileForm,
  fileStoreForm,
  duringForm,
  scheduledActionsForm,
  usageMetricsForm,
  memoryStoreForm,
]
