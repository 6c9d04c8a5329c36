import { describe, expect, it } from 'vitest'
import { runSteps } from '../ci/run-steps.js'
import { countedChecks, oneCheck, type Step } from '../ci/step.js'

const node = (code: string): string[] => [process.execPath, '-e', code]
const never = new AbortController().signal

const run = async (steps: Step[], signal: AbortSignal = never) => {
  const lines: string[] = []
  const counts = await runSteps(steps, signal, (line) => void lines.push(line))
  return { counts, output: lines.join('\n'), lastLine: lines.at(-1) }
}

describe('runSteps', () => {
  it('runs the later steps after one that failed, and counts all in its last line', async () => {
    const { counts, lastLine } = await run([
      oneCheck('bad', node('process.exit(3)')),
      oneCheck('good', node('')),
      countedChecks('counted', node(`console.log('4 passed, 0 failed, 2 skipped')`)),
    ])
    expect(counts).toEqual({ passed: 5, failed: 1, skipped: 2 })
    expect(lastLine).toBe('5 passed, 1 failed, 2 skipped')
  })

  it('shows what a failing step printed, on both streams, and how it ended', async () => {
    const { output } = await run([
      oneCheck('bad', node(`console.log('out'); console.error('err'); process.exit(3)`)),
    ])
    for (const line of ['  | out', '  | err', '  | exit code 3']) expect(output.split('\n')).toContain(line)
    expect(output).toContain('[1/1] bad: FAILED')
  })

  it('names the failed tests once more after the table, however long the output went on after them', async () => {
    const code = `console.log(' FAIL  a.test.ts > adds\\nError: 3 is not 4\\n' + 'more\\n'.repeat(400)); process.exit(1)`
    const { output } = await run([oneCheck('tests', node(code)), oneCheck('plain', node('process.exit(3)'))])
    const end = output.slice(output.indexOf('skipped\n'))
    expect(end).toContain('failed in tests:\n  | FAIL  a.test.ts > adds\n  | Error: 3 is not 4\n')
    expect(end).toContain('failed in plain:\n  | exit code 3\n')
  })

  it('repeats all that a failed test said, up to where it stood', async () => {
    const said = `Error: Property failed after 2 tests\\n{ seed: 7, path: "1:0" }\\nCounterexample: [[0]]\\n ❯ a.test.ts:3:1\\nmore`
    const code = `console.log(' FAIL  a > b\\n${said}\\n FAIL  a > c\\nError: no'); process.exit(1)`
    const { output } = await run([oneCheck('tests', node(code))])
    expect(output.slice(output.indexOf('failed in tests:\n'))).toContain(
      [
        'failed in tests:',
        '  | FAIL  a > b',
        '  | Error: Property failed after 2 tests',
        '  | { seed: 7, path: "1:0" }',
        '  | Counterexample: [[0]]',
        '  | FAIL  a > c',
        '  | Error: no',
        '',
      ].join('\n'),
    )
  })

  it('shows nothing of a step that passed', async () => {
    const { output } = await run([oneCheck('good', node(`console.log('chatter')`))])
    expect(output).not.toContain('chatter')
  })

  it('counts a command that cannot start as failed', async () => {
    const { counts, output } = await run([oneCheck('gone', ['flotilla-no-such-command'])])
    expect(counts.failed).toBe(1)
    expect(output).toContain('ENOENT')
  })

  it('counts a step that throws as failed', async () => {
    const { counts, output } = await run([
      { name: 'thrown', run: () => Promise.reject(new Error('no Node 22')) },
    ])
    expect(counts.failed).toBe(1)
    expect(output).toContain('no Node 22')
  })

  it('fails the steps after it was stopped, without running them', async () => {
    const { counts, output } = await run(
      [oneCheck('late', node(`console.log('ran'); process.exit(1)`))],
      AbortSignal.abort(new Error('stopped by SIGTERM')),
    )
    expect(counts).toEqual({ passed: 0, failed: 1, skipped: 0 })
    expect(output).toContain('stopped by SIGTERM')
    expect(output).not.toContain('ran')
  })
})

describe('oneCheck', () => {
  it('fails a command that ends well with the wrong output', async () => {
    const step = oneCheck('demo', node(`console.log('failed 7')`), (output) =>
      output.includes('failed 0') ? undefined : 'requests failed',
    )
    const { counts, output } = await step.run(never)
    expect(counts.failed).toBe(1)
    expect(output).toContain('requests failed')
  })
})

describe('countedChecks', () => {
  it.each([
    ['no closing line', `console.log('all is well')`, { passed: 0, failed: 1, skipped: 0 }],
    ['no check at all', `console.log('0 passed, 0 failed, 0 skipped')`, { passed: 0, failed: 1, skipped: 0 }],
    [
      'a bad end after good counts',
      `console.log('2 passed, 0 failed, 0 skipped'); process.exit(1)`,
      { passed: 2, failed: 1, skipped: 0 },
    ],
    [
      'failures of its own, counted once',
      `console.log('2 passed, 3 failed, 0 skipped'); process.exit(1)`,
      { passed: 2, failed: 3, skipped: 0 },
    ],
  ])('fails on %s', async (_, code, expected) => {
    expect((await countedChecks('counted', node(code)).run(never)).counts).toEqual(expected)
  })
})
