import { CheckList } from './lib/check-list.js'
import { runCommand } from './lib/run-command.js'
import { publishedPackages } from './lib/workspace.js'

/** How the types of each package resolve for those who import it, by the tool of that name. */
const checks = new CheckList()
for (const { name, directory } of publishedPackages()) {
  const args = ['attw', '--pack', '.', '--profile', 'esm-only', '--no-color', '--no-emoji']
  const { ok, ending, output } = await runCommand('npx', args, { cwd: directory, timeoutMs: 120_000 })
  checks.add(`${name}: are the types wrong`, ok ? [] : [`${ending}\n${output}`])
}
checks.close()
