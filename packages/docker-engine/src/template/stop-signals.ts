/** Of Linux, whatever this program runs on: the container does. */
const names = (
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP ' +
  'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
).split(' ')

const known = new Set(names)
const realTime = /^RT(?:MIN(?:\+(?:\d|1[0-5]))?|MAX(?:-(?:\d|1[0-4]))?)$/
const highest = 64

/** A signal that an engine knows: `SIGQUIT`, `SIGRTMIN+3`, `3`. */
export function isStopSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= highest
  const name = text.replace(/^SIG/, '')
  return known.has(name) || realTime.test(name)
}
