import { posix } from 'node:path'
import { parseConfig } from './config-tree.js'

/**
 * Why Nginx does not read our file, and what to do; undefined when it does.
 *
 * @param dump - what `nginx -T` printed
 * @param text - what the file holds
 */
export function notRead(dump: string, text: string, configFile: string): string | undefined {
  // By its text: what its path is called there depends on links.
  if (dump.includes(text.trim())) return undefined
  const [, main = 'the main configuration', rest = ''] =
    /^# configuration file (.+):$([^]*)/m.exec(dump) ?? []
  const patterns = includesOfHttp(rest.split(/^# configuration file .+:$/m)[0] ?? '')
  const reads = patterns.length === 0 ? 'nothing' : `only ${patterns.join(', ')}`
  const line = `include ${posix.join(posix.dirname(configFile), '*.conf')};`
  return `${configFile} is not read: http { … } of ${main} includes ${reads}; add the line ${line} there, or give a configFile that it includes`
}

function includesOfHttp(text: string): readonly string[] {
  try {
    return parseConfig(text)
      .filter(({ name }) => name === 'http')
      .flatMap(({ body = [] }) => body)
      .flatMap(({ name, args }) => (name === 'include' && args[0] !== undefined ? [args[0]] : []))
      .slice(0, 5)
  } catch {
    return []
  }
}
