import { FlotillaError } from '@flotilla/core'
import { isNameTaken, isNotFound, isOutOfSequence } from '@flotilla/docker-engine'
import { serviceName, type SwarmContext } from '../context.js'
import { holderOf, isOurs, noticeRollback } from '../inventory.js'
import { refuseInRollout } from './rollout.js'
import { seatsOf } from './seats.js'
import { readOwner, readReplicas, serviceLabels, type Token } from '../labels.js'
import { changedSpec, newSpec, releasedSpec } from './service-spec.js'
import { slotsOf } from './slots.js'
import type { Service, Task } from '../manager/swarm-api.js'

/**
 * What is to become of a group's service.
 *
 * - `add`, `remove`: these tokens; what is so already is left so
 * - `sweep`: it goes, if we made it and nobody asks for anything of it
 * - `release`: one that was adopted is its owner's again, without our labels
 */
export type Change =
  | { readonly kind: 'add'; readonly token: string }
  | { readonly kind: 'remove'; readonly tokens: readonly string[] }
  | { readonly kind: 'sweep' }
  | { readonly kind: 'release' }

interface Waiting {
  readonly change: Change
  readonly done: () => void
  readonly failed: (error: unknown) => void
}

/** Tries against others who change the service at the same time, or a manager that is being elected. */
const defaults = { attempts: 8, firstPauseMs: 50, longestPauseMs: 1000 }

/**
 * Changes services, one update at a time for each; changes that come meanwhile are one update after it. Each is made
 * from the service as it is read, against that very version, so that nothing anybody else did is undone.
 */
export class ServiceChanges {
  readonly #context: SwarmContext
  readonly #waiting = new Map<string, Waiting[]>()

  constructor(context: SwarmContext) {
    this.#context = context
  }

  /** Resolves when the manager has taken it. Not to be broken off: what came of it could not be known. */
  async make(group: string, change: Change): Promise<void> {
    return new Promise((done, failed) => {
      const waiting = this.#waiting.get(group)
      if (waiting !== undefined) {
        waiting.push({ change, done, failed })
        return
      }
      this.#waiting.set(group, [{ change, done, failed }])
      void this.#run(group)
    })
  }

  async #run(group: string): Promise<void> {
    // Those who ask in the same turn are in the same update.
    await Promise.resolve()
    for (;;) {
      const batch = this.#waiting.get(group) ?? []
      if (batch.length === 0) break
      this.#waiting.set(group, [])
      try {
        await this.#update(
          group,
          batch.map(({ change }) => change),
        )
        for (const { done } of batch) done()
      } catch (error) {
        for (const { failed } of batch) failed(error)
      }
    }
    this.#waiting.delete(group)
  }

  async #update(group: string, changes: readonly Change[]): Promise<void> {
    const { clock } = this.#context.manager.engine
    let pauseMs = defaults.firstPauseMs
    for (let attempt = 1; ; attempt += 1) {
      try {
        await this.#updateOnce(group, changes)
        return
      } catch (error) {
        if (attempt >= defaults.attempts || !mayChange(error)) throw error
      } finally {
        this.#context.manager.view.invalidate()
      }
      await clock.sleep(pauseMs)
      pauseMs = Math.min(2 * pauseMs, defaults.longestPauseMs)
    }
  }

  async #updateOnce(group: string, changes: readonly Change[]): Promise<void> {
    const { manager, settings, templateHash } = this.#context
    const name = serviceName(this.#context, group)
    const signal = new AbortController().signal
    const what = `change service ${name}`
    const found = await manager.inspect(name, { what, signal })
    if (found !== undefined && !isOurs(this.#context, group, found)) {
      throw new FlotillaError('conflict', `${what}: ${holderOf(found)}, and not group ${group}'s`)
    }
    if (found !== undefined && found.Spec.Mode?.Replicated === undefined) {
      throw new FlotillaError(
        'unsupported',
        `${what}: it is not replicated, so that it has no size to be set`,
      )
    }
    const { registryAuth: auth, template } = settings
    if (found === undefined) {
      const tokens = this.#changed([], changes)
      if (tokens.length === 0) return
      if (template === undefined)
        throw new FlotillaError('not-found', `${what}: there is no such service to adopt`)
      const spec = newSpec(template, settings, { name, group, tokens, templateHash })
      await manager.ask(
        { what: `${what}: create it`, signal, otherwise: 'launch-failed' },
        async (swarm, call) => swarm.createService({ spec, auth }, call),
      )
      return
    }
    const { ID: id, Version, Spec } = found
    const isMade = Spec.Labels?.[serviceLabels.made] !== undefined
    if (changes.some(({ kind }) => kind === 'release')) {
      const spec = releasedSpec(Spec)
      if (isMade || Object.keys(spec.Labels ?? {}).length === Object.keys(Spec.Labels ?? {}).length) return
      refuseInRollout(what, found)
      await manager.ask({ what: `${what}: take our labels off it`, signal }, async (swarm, call) =>
        swarm.updateService({ id, version: Version.Index, spec }, call),
      )
      return
    }
    const question = { what: `look at the tasks of service ${name}`, signal }
    const tasks = await manager.tasksOf([id], question)
    const before = this.#tokens(group, found, tasks)
    const tokens = this.#changed(before, changes)
    const isSwept = tokens.length === 0 && changes.some(({ kind }) => kind === 'sweep')
    if (isSwept && isMade && readReplicas(Spec) === 0) {
      await manager.ask({ what: `${what}: remove it`, signal }, async (swarm, call) =>
        swarm.removeService(id, call),
      )
      return
    }
    if (sameTokens(tokens, before)) return
    // One that we made and that is to have nothing left has nothing to be rolled back to.
    if (!(isMade && tokens.length === 0)) refuseInRollout(what, found)
    const rolledBack = noticeRollback(this.#context, found, tasks)?.templateHash
    const isLarger = tokens.length > before.length
    const isOutdated = template !== undefined && readOwner(Spec).templateHash !== templateHash
    const rolls = isLarger && isOutdated && rolledBack !== templateHash
    const spec = changedSpec(Spec, settings, { name, group, tokens, templateHash, rolls, rolledBack })
    await manager.ask({ what: `${what}: update it`, signal }, async (swarm, call) =>
      // Credentials are part of the template for Swarm: with others than before each scaling would replace every task.
      swarm.updateService({ id, version: Version.Index, spec, auth: rolls ? auth : undefined }, call),
    )
    if (rolls && templateHash !== undefined) this.#context.broughtIn.set(id, templateHash)
  }

  /** Those that the service remembers and has room for, and one for each place beside. */
  #tokens(group: string, service: Service, tasks: readonly Task[]): readonly Token[] {
    const before = this.#context.seated.get(group) ?? new Map<string, number>()
    return seatsOf(service.Spec, slotsOf(tasks, service.Spec), before).filter(({ isCutOff }) => !isCutOff)
  }

  #changed(before: readonly Token[], changes: readonly Change[]): readonly Token[] {
    const tokens = new Map(before.map(({ token, createdAt }) => [token, createdAt]))
    const now = Math.round(this.#context.manager.engine.clock.now())
    for (const change of changes) {
      if (change.kind === 'add' && !tokens.has(change.token)) tokens.set(change.token, now)
      if (change.kind === 'remove') for (const token of change.tokens) tokens.delete(token)
    }
    return [...tokens].map(([token, createdAt]) => ({ token, createdAt }))
  }
}

function sameTokens(some: readonly Token[], others: readonly Token[]): boolean {
  const names = new Set(others.map(({ token }) => token))
  return some.length === others.length && some.every(({ token }) => names.has(token))
}

/** Whether the same change may well succeed once the service is read anew. */
function mayChange(error: unknown): boolean {
  if (isOutOfSequence(error) || isNameTaken(error) || isNotFound(error)) return true
  return error instanceof FlotillaError && error.code === 'unavailable'
}
