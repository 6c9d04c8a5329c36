import { isIPv4 } from 'node:net'
import { check } from '@flotilla/core/authoring'
import * as v from 'valibot'

/** A string of one line that is not empty. */
export const oneLine = (what: string): v.GenericSchema<string> =>
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.pipe(v.string(what), v.regex(/^[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,1024}$/, what))

/** A name that libvirt gives a network, a bridge, a pool or a volume. */
export const libvirtName = (what: string): v.GenericSchema<string> =>
  v.pipe(v.string(what), v.regex(/^[A-Za-z0-9_][A-Za-z0-9_.+-]{0,199}$/, what))

const path = 'an absolute path without .. in it'
export const absolutePath: v.GenericSchema<string> = v.pipe(
  v.string(path),
  // oxlint-disable-next-line no-control-regex -- they are what must not be there
  v.regex(/^\/[^\u0000-\u001f\u007f-\u009f\u2028\u2029]{1,1023}$/, path),
  v.check((value) => !value.split('/').includes('..'), path),
)

const scopeText = 'lower-case letters, digits and inner hyphens, 1 to 32 characters, first a letter'
export const scope: v.GenericSchema<string> = v.pipe(
  v.string(scopeText),
  v.regex(/^[a-z](?:[a-z0-9-]{0,30}[a-z0-9])?$/, scopeText),
)

export const port: v.GenericSchema<number> = check.wholeNumber(1, 65_535)
export const trueOrFalse: v.GenericSchema<boolean> = v.boolean('true or false')
export const ipv4: v.GenericSchema<string> = v.custom<string>(
  (value) => typeof value === 'string' && isIPv4(value),
  'an IPv4 address',
)

const uri = 'a libvirt URI without a password, such as qemu:///system or qemu+ssh://ops@host/system'
export const libvirtUri: v.GenericSchema<string> = v.pipe(
  v.string(uri),
  // A user name, if any, has no colon: that would be a password.
  v.regex(/^[a-z][a-z0-9]*(?:\+[a-z0-9]+)?:\/\/(?:[\w.][\w.-]*@)?[^\s@]*$/i, uri),
)
