/** What may be left out, to see what it is worth. */
export const partNames = [
  'choice',
  'scale',
  'margin',
  'tail',
  'steering',
  'limit',
  'overload',
  'staffing',
  'hold',
  'backlog',
  'calendar',
] as const
export type Part = (typeof partNames)[number]
export type Without = ReadonlySet<Part>
