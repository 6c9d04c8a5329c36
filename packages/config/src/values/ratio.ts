/**
 * A percentage such as `60%`, as a ratio: 0.6.
 *
 * @returns undefined when it is none
 */
export function readPercentage(text: string): number | undefined {
  const [, number] = /^(-?\d+(?:\.\d+)?) ?%$/.exec(text) ?? []
  // 7% is 0.07, where 7 / 100 would do and 0.1 * 0.7 would not.
  return number === undefined ? undefined : Number(number) / 100
}
