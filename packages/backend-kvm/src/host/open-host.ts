import { systemClock, type Clock } from '@flotilla/core'
import { disposable, checkOptions } from '@flotilla/core/authoring'
import { connect } from '@flotilla/libvirt'
import { zoneOf } from '../connection/uri.js'
import { hostDefaults, hostSchema, type KvmHostOptions } from '../options/host-options.js'
import { Host, type KvmHost } from './host.js'

/** @throws FlotillaError `invalid-options` */
export function kvmHost(options: KvmHostOptions = {}): KvmHost & AsyncDisposable {
  return disposable(openHost(options))
}

/** @throws FlotillaError `invalid-options` */
export function openHost(options: KvmHostOptions, clock: Clock = systemClock): Host {
  const given = checkOptions('kvmHost', hostSchema, options)
  const uri = given.uri ?? hostDefaults.uri
  return new Host({
    uri,
    // It comes back by itself when its connection was lost.
    connect: given.connect ?? (async (where) => connect(where)),
    clock,
    timeoutMs: given.timeoutMs ?? hostDefaults.timeoutMs,
    listMaxAgeMs: given.listMaxAgeMs ?? hostDefaults.listMaxAgeMs,
    zone: given.zone ?? zoneOf(uri),
  })
}
