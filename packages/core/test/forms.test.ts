import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import type { Backend } from '../src/index.js'
import type { Form, FormContext } from '../src/authoring.js'
import { forms, groupSchema } from '../src/forms.js'
import * as core from '../src/index.js'
import { fakeBackend } from '../src/testing/index.js'
import { everyConstructor } from './options/every-constructor.js'

const backend = fakeBackend() as unknown as Backend
const context: FormContext = { backend }
const formNamed = (name: string): Form => {
  const form = forms.find((one) => one.name === name)
  if (form === undefined) throw new Error(`no form of ${name}`)
  return form
}
const build = (name: string, body: unknown): unknown => {
  const form = formNamed(name)
  return form.build(v.parse(form.body, body) as never, context)
}

/** What a function takes, as it would stand in a file. */
function bodyOf({ name, args }: (typeof everyConstructor)[number]): unknown {
  const [first, second] = args
  switch (name) {
    case 'usageMetrics':
      return second
    case 'httpProbe':
      return { path: first, ...(second as object) }
    case 'fileStore':
      return { directory: first, ...(second as object) }
    case 'during':
      return { policy: second, ...(first as object) }
    case 'scheduledActions':
      return { actions: first, policy: second }
    case 'activation':
    case 'dampen':
    case 'fallback':
    case 'whenBlind':
      return { policy: first, ...(second as object) }
    case 'all':
    case 'any':
    case 'byPriority':
    case 'firstOf':
    case 'maxOf':
    case 'minOf':
    case 'nomadMerge':
    case 'weighted':
      return args
    default:
      return first
  }
}

const functions = everyConstructor.filter(({ name }) => name !== 'Autoscaler')

describe('the forms', () => {
  it('are of every function that makes a policy, a source, a probe, a store or a log, and of no other', () => {
    const made = forms.map(({ name }) => name).toSorted()
    expect(made).toEqual([...functions.map(({ name }) => name), 'memoryStore'].toSorted())
    expect(made.every((name) => name in core)).toBe(true)
  })

  it.each(functions)('$name makes what its function makes', (one) => {
    const made = build(one.name, bodyOf(one)) as { readonly name?: string }
    const direct = (one.build as (...args: unknown[]) => { readonly name?: string })(
      ...(one.name === 'usageMetrics' ? [backend, one.args[1]] : one.args),
    )
    expect(made.name).toBe(direct.name)
  })

  it('take a value alone where it is a text', () => {
    expect(build('httpProbe', '/health')).toMatchObject({ name: 'http /health' })
  })

  it('have every option of a group, beside its name', () => {
    const group = everyConstructor.find(({ name }) => name === 'Autoscaler')?.args[0] as object
    const { group: _, ...options } = group as Record<string, unknown>
    expect(v.safeParse(groupSchema, options).success).toBe(true)
    const { entries } = groupSchema as unknown as { readonly entries: object }
    expect(Object.keys(options).filter((name) => !(name in entries))).toEqual([])
  })
})
