import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import { fileURLToPath } from 'node:url'

/*
 * Runs before `npm start`, `npm test` and the others: installs what the lockfile says when that is not there yet, and
 * costs a few milliseconds when it is. It must say its message on an old Node too, so it imports nothing of ours.
 */

/** @param {string} path - from the checkout's folder */
const inRoot = (path) => fileURLToPath(new URL(`../${path}`, import.meta.url))
const stampFile = inRoot('node_modules/.flotilla-setup')
const npmLeftover = inRoot('node_modules/.package-lock.json')

const version = process.versions.node.split('.').map(Number)
const major = version[0] || 0
const minor = version[1] || 0
if (major < 20 || (major === 20 && minor < 19) || major === 21 || (major === 22 && minor < 12)) {
  fail(`Flotilla needs Node 20.19, 22.12 or newer; this is ${process.version}. See https://nodejs.org`)
}

const stamp = wantedStamp()
if (!fs.existsSync(stampFile) || fs.readFileSync(stampFile, 'utf8') !== stamp || fs.existsSync(npmLeftover)) {
  void setUp()
}

/** What has to be installed, in one line: it changes with the lockfile and with the machine's kind. */
function wantedStamp() {
  const hash = createHash('sha256')
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) hash.update(fs.readFileSync(inRoot(file)))
  return `${process.platform}-${process.arch} ${hash.digest('hex')}\n`
}

async function setUp() {
  console.log('Setting up: fetching the packages of the lockfile (the first time, about half a minute) ...')
  const startedMs = Date.now()
  const waiting = setInterval(() => {
    console.log(`... still fetching after ${Math.round((Date.now() - startedMs) / 1000)} s`)
  }, 30_000)
  fs.rmSync(stampFile, { force: true })
  const { ok, output } = await runSetupScript()
  clearInterval(waiting)
  if (!ok) explain(output)
  fs.rmSync(npmLeftover, { force: true })
  fs.writeFileSync(stampFile, stamp)
  console.log(`Set up in ${Math.round((Date.now() - startedMs) / 1000)} s.`)
}

/** @returns {Promise<{ ok: boolean, output: string }>} */
function runSetupScript() {
  return new Promise((resolve) => {
    let output = ''
    const windows = process.platform === 'win32'
    // Three tries within seconds rather than minutes of waiting when there is no network.
    const env = { ...process.env }
    for (const tool of ['npm', 'pnpm']) {
      env[`${tool}_config_fetch_retries`] = '2'
      env[`${tool}_config_fetch_retry_mintimeout`] = '1000'
      env[`${tool}_config_fetch_retry_maxtimeout`] = '5000'
    }
    const child = spawn('npm', ['run', 'setup'], {
      cwd: inRoot(''),
      env,
      shell: windows,
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding('utf8').on('data', (/** @type {string} */ chunk) => {
        output += chunk
      })
    }
    child.on('error', (error) => resolve({ ok: false, output: error.message }))
    child.on('close', (code) => resolve({ ok: code === 0, output }))
  })
}

/**
 * @param {string} output - of the failed setup
 * @returns {never}
 */
function explain(output) {
  const network =
    /ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH|EHOSTUNREACH|error sending request/.exec(
      output,
    )
  if (network) {
    fail(
      `The npm registry cannot be reached (${network[0]}). Setting up needs it once: check the network and npm's proxy settings, then run the same command again.`,
    )
  }
  fail(
    `Setting up failed. The end of what \`npm run setup\` said:\n${output.trimEnd().split('\n').slice(-20).join('\n')}`,
  )
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(message)
  process.exit(1)
}
