type Json = Readonly<Record<string, unknown>>

/** Reads a service's JSON without trusting its shape: a missing field, or one of another type, is undefined. */
export class Fields {
  readonly #json: Json

  private constructor(json: Json) {
    this.#json = json
  }

  static of(value: unknown): Fields {
    return new Fields(isRecord(value) ? value : {})
  }

  /** The JSON itself. */
  get raw(): Json {
    return this.#json
  }

  /** A text that is not empty. */
  text(name: string): string | undefined {
    const value = this.#json[name]
    return typeof value === 'string' && value !== '' ? value : undefined
  }

  /** A finite number; also where the service writes it as text, as old Nova does for swap. */
  number(name: string): number | undefined {
    const value = this.#json[name]
    if (typeof value === 'number') return Number.isFinite(value) ? value : undefined
    return typeof value === 'string' && /^-?\d+(\.\d+)?$/.test(value) ? Number(value) : undefined
  }

  /** Also `"True"`, which Nova says of a config drive. */
  flag(name: string): boolean | undefined {
    const value = this.#json[name]
    if (typeof value === 'boolean') return value
    return typeof value === 'string' && value !== '' ? value.toLowerCase() === 'true' : undefined
  }

  /** Milliseconds since the epoch; the services write UTC with or without `Z`. */
  time(name: string): number | undefined {
    const text = this.text(name)
    if (text === undefined) return undefined
    const at = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`)
    return Number.isNaN(at) ? undefined : at
  }

  /** An object; an empty one where there is none. */
  fields(name: string): Fields {
    return Fields.of(this.#json[name])
  }

  /** A list of objects; an empty one where there is none. */
  list(name: string): readonly Fields[] {
    const value = this.#json[name]
    return Array.isArray(value) ? value.map((item) => Fields.of(item)) : []
  }

  /** The texts of a list. */
  texts(name: string): readonly string[] {
    const value = this.#json[name]
    return Array.isArray(value) ? value.filter((item) => typeof item === 'string') : []
  }

  /** A mapping of texts; values of other types are left out. */
  textMap(name: string): Readonly<Record<string, string>> {
    const pairs = Object.entries(this.fields(name).raw)
    return Object.fromEntries(pairs.filter((pair): pair is [string, string] => typeof pair[1] === 'string'))
  }

  /** The finite numbers of an object, by name. */
  numberMap(name: string): Readonly<Record<string, number>> {
    const pairs = Object.entries(this.fields(name).raw)
    return Object.fromEntries(pairs.filter((pair): pair is [string, number] => typeof pair[1] === 'number'))
  }
}

const isRecord = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
