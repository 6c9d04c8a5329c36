import { publint } from 'publint'
import { formatMessage } from 'publint/utils'
import { CheckList } from './lib/check-list.js'
import { publishedPackages, readManifest } from './lib/workspace.js'

/** What npm would publish, checked for mistakes that would keep somebody from importing it. */
const checks = new CheckList()
for (const { name, directory } of publishedPackages()) {
  const { messages } = await publint({ pkgDir: directory, pack: 'npm', strict: true })
  const manifest = { ...readManifest(directory) }
  checks.add(
    `${name} is fit to publish`,
    messages.map((message) => formatMessage(message, manifest, { color: false }) ?? message.code),
  )
}
checks.close()
