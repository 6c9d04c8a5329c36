import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { rootDirectory } from './lib/workspace.js'

/*
 * Writes the JSON Schema of configuration files, which is published with @flotilla/config: after `npm run build`. A test
 * holds it to the packages' options.
 */
/** @type {{ configJsonSchema: () => Promise<object> }} */
const { configJsonSchema } = await import(join(rootDirectory, 'packages/config/dist/index.js'))
const file = join(rootDirectory, 'packages/config/schema.json')
writeFileSync(file, `${JSON.stringify(await configJsonSchema(), undefined, 2)}\n`)
