import * as v from 'valibot'

/** A string of one line that is not empty. */
export const oneLine = (what: string): v.GenericSchema<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.pipe(v.string(what), v.regex(/^[^\u0000-\u001f\u007f]+$/, what))

/** A name that Docker gives a network or a service. */
export const dockerName = (what: string): v.GenericSchema<string> =>
  v.pipe(v.string(what), v.regex(/^[A-Za-z0-9][\w.-]*$/, what))

const argument = v.pipe(
  v.string('a string'),
  v.check((value) => !value.includes('\0'), 'a string without null characters'),
)

/** A command line. */
export const argumentList: v.GenericSchema<string[]> = v.pipe(
  v.array(argument, 'an array of strings'),
  v.minLength(1, 'an array of at least one string'),
)

/** The kernel's smallest share is a hundredth of a core. */
const leastCpus = 0.01

export const cores: v.GenericSchema<number> = v.pipe(
  v.number('a number of cores'),
  v.check((value) => Number.isFinite(value) && value >= leastCpus, `a number of cores, ${leastCpus} or more`),
)

/** Signals of Linux, which the container runs on, whatever this program runs on. */
const signalNames = (
  'ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT SEGV STKFLT STOP SYS TERM TRAP ' +
  'TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ'
).split(' ')

const knownSignals = new Set(signalNames)
const realTimeSignal = /^RT(?:MIN(?:\+(?:\d|1[0-5]))?|MAX(?:-(?:\d|1[0-4]))?)$/
const highestSignal = 64

function isStopSignal(text: string): boolean {
  if (/^\d+$/.test(text)) return Number(text) >= 1 && Number(text) <= highestSignal
  const name = text.replace(/^SIG/, '')
  return knownSignals.has(name) || realTimeSignal.test(name)
}

/** A signal that an engine knows: `SIGQUIT`, `SIGRTMIN+3`, `3`. */
export const signalOption: v.GenericSchema<string> = v.pipe(
  v.string('a signal'),
  v.check(isStopSignal, 'a signal of Linux such as SIGQUIT, or its number, 1 to 64'),
)
