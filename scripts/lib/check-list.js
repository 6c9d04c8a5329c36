import { formatCounts } from './counts.js'

/** Checks of one command: says each as it ends, counts them, and sets the exit code. */
export class CheckList {
  /** @type {import('./counts.js').Counts} */
  counts = { passed: 0, failed: 0, skipped: 0 }

  /**
   * @param {string} name - what is promised
   * @param {readonly string[]} problems - what is wrong with it; none when it holds
   */
  add(name, problems) {
    const failed = problems.length > 0
    this.counts[failed ? 'failed' : 'passed'] += 1
    console.log(`${failed ? 'FAIL' : 'ok  '} ${name}`)
    for (const problem of problems) console.log(`       ${problem.trim().replaceAll('\n', '\n       ')}`)
  }

  /** Prints the closing line, and makes the process fail when a check did, or when there was none. */
  close() {
    console.log(formatCounts(this.counts))
    if (this.counts.failed > 0 || this.counts.passed === 0) process.exitCode = 1
  }
}
