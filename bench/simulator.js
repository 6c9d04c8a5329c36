import { writeFileSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { compare, demandCurve, peers, randomShape } from '@flotilla/simulator'
import { printPolicies, readTraces, rounded } from './lib/policy-table.js'
import { printTable } from './lib/table.js'

const weekMs = 7 * 86_400_000

/** What the peers' policies score on three traces and three layers, and what a week's replay costs. Arguments:
 * `--trace NAME`, `--policy WORD` (those with it in their name), `--generated N` (loads of `randomShape` as well, two
 * days each), `--html FILE`.
 *
 * @param {readonly string[]} args
 */
export async function run(args) {
  const { values } = parseArgs({
    args: [...args],
    options: {
      trace: { type: 'string' },
      policy: { type: 'string', default: '' },
      generated: { type: 'string', default: '0' },
      html: { type: 'string' },
    },
  })
  const stored = readTraces().filter(({ name }) => values.trace === undefined || name === values.trace)
  const generated = Array.from({ length: Number(values.generated) }, (_, index) =>
    randomShape(index + 1, { durationMs: 2 * 86_400_000 }),
  )
  const chosen = contenders().filter(({ name }) => name.includes(values.policy))
  const comparison = compare(chosen, { traces: [...stored, ...generated], onCell: showProgress })
  clearProgress()
  printPolicies(`Policies on traces x layers, ${comparison.scenarios.length} cells each`, comparison)
  if (values.html !== undefined) {
    writeFileSync(values.html, comparison.html())
    console.log(`pictures in ${values.html}`)
  }
  measureSpeed()
}

function contenders() {
  // The most that one of twenty instances carries in time, which the classical ones and KEDA are told.
  const knee = demandCurve().carriedBy(20) / 20
  return [
    ...[0.3, 0.5, 0.7, 0.8].map((target) => peers.hpa({ target })),
    ...[0.5, 0.7, 0.9, 1].map((share) => peers.keda({ perInstance: knee * share })),
    peers.awsTargetTracking({ target: 0.5 }),
    peers.awsStep(),
    peers.nomad({ target: 0.7 }),
    peers.threshold(),
    peers.react(),
    peers.adapt(),
    peers.reg(),
    peers.hist(),
    peers.conpaas(),
    peers.loops.kvmHost(),
    peers.loops.docker(),
    peers.loops.kvmGuest(),
  ]
}

/** Processor time of one replay of a week at 15 s, with what every replay of that week shares. */
function measureSpeed() {
  const trace = randomShape(1, { kind: 'noisy-diurnal', durationMs: weekMs })
  const rows = [peers.keda({ perInstance: 27 }), peers.hpa({ target: 0.7 }), peers.react()].map(
    (contender) => {
      let instanceCount = 0
      const times = Array.from({ length: 3 }, () => {
        const before = process.cpuUsage()
        const { cells } = compare([contender], { traces: [trace], layers: ['cloud'] })
        const { user, system } = process.cpuUsage(before)
        instanceCount = ((cells[0]?.simulation.scores.paidSeconds ?? Number.NaN) * 1000) / weekMs
        return (user + system) / 1e6
      })
      return [
        contender.name,
        rounded(instanceCount),
        rounded(Math.min(...times)),
        rounded(Math.max(...times)),
      ]
    },
  )
  printTable(
    'A week at 15 s: 40,320 decisions and 604,800 seconds of service',
    ['policy', 'instances, mean', 'processor seconds, best of 3', 'worst of 3'],
    rows,
  )
}

/** @param {{ contender: string, trace: string, layer: string }} cell */
function showProgress({ contender, trace, layer }) {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${trace} ${layer}: ${contender}`)
}

function clearProgress() {
  if (process.stderr.isTTY) process.stderr.write('\r\u001b[K')
}
