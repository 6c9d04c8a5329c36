import { readDuration } from './duration.js'
import { readPercentage } from './ratio.js'
import { readSize } from './size.js'

const millisecondsIn = (text: string): number | undefined => readDuration(text)
const secondsIn = (text: string): number | undefined => {
  const ms = readDuration(text)
  return ms === undefined ? undefined : ms / 1000
}
const mebibytesIn = (text: string): number | undefined => {
  const bytes = readSize(text)
  return bytes === undefined ? undefined : bytes / 2 ** 20
}

/** By the unit that an option's name ends with: how a text is read, and what would do. */
const units: readonly (readonly [
  suffix: string,
  read: (text: string) => number | undefined,
  form: string,
])[] = [
  ['Ms', millisecondsIn, 'a duration such as 15s, 5m or 1h30m'],
  ['Seconds', secondsIn, 'a duration such as 15s, 5m or 1h30m'],
  ['Bytes', readSize, 'a size such as 512MiB or 2GB'],
  ['Mib', mebibytesIn, 'a size such as 512MiB or 2GiB'],
]

/**
 * A number that is written with its unit, as the option counts it: `15s` is 15,000 where the name ends with `Ms`, `60%`
 * is 0.6 where it names no unit.
 *
 * @returns undefined when it is no such number
 */
export function readNumber(option: string, text: string): number | undefined {
  const unit = units.find(([suffix]) => option.endsWith(suffix))
  return unit === undefined ? readPercentage(text) : unit[1](text)
}

/**
 * How a number may be written, beside as a number.
 *
 * @param words - what would do, in the words of the option's own check
 * @returns undefined where it is to be no number, or one that has no unit
 */
export function numberForm(option: string, words: string): string | undefined {
  if (!/must be (a (finite |whole )?number|milliseconds|bytes)/.test(words)) return undefined
  const form = units.find(([suffix]) => option.endsWith(suffix))?.[2]
  return form ?? (words.includes('whole') ? undefined : 'a percentage such as 60%')
}

const durationPattern = '(?:\\d+(?:\\.\\d+)?(?:ms|[smhdw]))+'
const sizePattern = '\\d+(?:\\.\\d+)? ?[kKMGT]?i?B'

/** The same as a pattern, for editors; a reference to the environment will do everywhere. */
export function textPattern(option: string): string {
  const suffix = units.find(([one]) => option.endsWith(one))?.[0]
  const number =
    suffix === undefined
      ? '-?\\d+(?:\\.\\d+)? ?%'
      : ['Ms', 'Seconds'].includes(suffix)
        ? durationPattern
        : sizePattern
  return `^(?:${number}|.*\\$\\{.+\\}.*)$`
}
