/** A value that survives `JSON.parse(JSON.stringify(value))` unchanged: what state is made of. */
export type Json =
  | string
  | number
  | boolean
  | null
  | readonly Json[]
  | { readonly [key: string]: Json | undefined }
