import { fileStore } from '../../src/state/file/file-store.js'

/**
 * A controller of its own process, for tests that kill it or run it as another user. Bundled and started by
 * `child-process.ts`. What it does is its first argument, the directory its second.
 */
const [, , mode, directory = ''] = process.argv
const store = fileStore(directory)
const { signal } = new AbortController()
const say = (line: string): void => void process.stdout.write(`${line}\n`)

if (mode === 'save') {
  // Saves a growing count for ever, and says each that is on the disk.
  const loaded = await store.load('web')
  const state = loaded.kind === 'state' ? (loaded.state as { readonly count: number }) : { count: 0 }
  for (let count = state.count + 1; ; count += 1) {
    await store.save('web', { count, padding: String(count).repeat(5000) })
    say(String(count))
  }
} else if (mode === 'lock') {
  // Holds the group until its input ends.
  try {
    const lease = await store.acquire?.('web', { signal })
    say('held')
    for await (const _ of process.stdin);
    await lease?.release()
    say('released')
  } catch (error) {
    say(error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error))
  }
} else if (mode === 'lock-and-end') {
  await store.acquire?.('web', { signal })
} else {
  // Tries to load and to save once, as nobody: root would be refused nothing.
  if (process.getuid?.() === 0) process.setuid?.(65_534)
  for (const call of [() => store.load('web'), () => store.save('web', { count: -1 })]) {
    try {
      say(JSON.stringify(await call()) ?? 'done')
    } catch (error) {
      say(
        error instanceof Error && 'code' in error ? `${String(error.code)}: ${error.message}` : String(error),
      )
    }
  }
}
