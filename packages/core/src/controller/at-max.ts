import type { Events } from './events.js'
import type { Problems } from './problems.js'

/** Tells that a group is held at its max, from the decision that first asks for more until one no longer does. */
export function tellAtMax(events: Events, problems: Problems): void {
  events.on('decision', ({ steps }) => {
    const clamp = steps.find(({ step }) => step === 'clamp')
    if (clamp === undefined || clamp.got <= clamp.gave) problems.over('at-max', '')
    else problems.stands('at-max', '', `held at max ${clamp.gave}: the policies ask for ${clamp.got}`)
  })
}
