import { setMaxListeners } from 'node:events'
import { authenticator } from './auth/authenticate.js'
import { secretsOf } from './auth/auth-settings.js'
import { TokenKeeper } from './auth/token-keeper.js'
import { systemClock } from './time/clock.js'
import { Cloud } from './cloud.js'
import { checkConnectOptions } from './config/check-options.js'
import type { ConnectOptions } from './config/connect-options.js'
import { proxyOfVariables } from './config/os-variables.js'
import type { CloudSettings } from './config/settings.js'
import { settingsOf } from './config/settings-of-options.js'
import type { Engine } from './http/engine.js'
import { openTransport } from './http/transport.js'
import type { Transport } from './http/http-types.js'
import { redactor } from './secrets/redact.js'
import { Session } from './session/session.js'

const defaults = {
  timeoutMs: 180_000,
  attemptTimeoutMs: 60_000,
  retries: { count: 4, delayMs: 500, maxDelayMs: 30_000 },
}

const ourUserAgent = 'flotilla-openstack-client/0.1.0'

/**
 * A client of one cloud, as one user. Files are read now; nothing is sent before the first call.
 *
 * @throws OpenStackError `invalid-options` for invalid options, files and variables
 */
export function connect(options: ConnectOptions = {}): Cloud {
  checkConnectOptions(options)
  const settings = settingsOf(options)
  const transport = transportFor(options, settings)
  const closing = new AbortController()
  // Every call under way listens to it.
  setMaxListeners(0, closing.signal)
  const clock = options.clock ?? systemClock
  const { userAgent, timeoutMs, attemptTimeoutMs, retries = {} } = options
  const engine: Engine = {
    send: transport.send,
    via: transport.via,
    clock,
    random: options.random ?? Math.random,
    retries: {
      count: retries.count ?? defaults.retries.count,
      delayMs: retries.delayMs ?? defaults.retries.delayMs,
      maxDelayMs: retries.maxDelayMs ?? defaults.retries.maxDelayMs,
    },
    timeoutMs: timeoutMs ?? defaults.timeoutMs,
    attemptTimeoutMs: Math.min(
      attemptTimeoutMs ?? defaults.attemptTimeoutMs,
      settings.apiTimeoutMs ?? Infinity,
    ),
    userAgent: userAgent === undefined ? ourUserAgent : `${userAgent} ${ourUserAgent}`,
    redact: redactor(() => [...secretsOf(settings.auth), ...keeper.secrets()]),
    closed: closing.signal,
    onCall: options.onCall,
  }
  const keeper = new TokenKeeper(authenticator(engine, settings.auth), clock)
  return new Cloud({ engine, settings, session: new Session(engine, settings, keeper), transport, closing })
}

function transportFor({ send, useProxy, environment }: ConnectOptions, settings: CloudSettings): Transport {
  if (send !== undefined) return { send, close: async () => {} }
  const proxy = useProxy === false ? undefined : proxyOfVariables(environment ?? process.env)
  return openTransport({ ...settings, proxy })
}
