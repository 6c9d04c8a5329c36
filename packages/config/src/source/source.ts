import { LineCounter, parseDocument, type Document, type Node } from 'yaml'
import type { ConfigProblem } from '../problem.js'

/** Aliases may make this many times as many values as the file has: beyond, it is meant to use up memory. */
const maxAliasCount = 100

/** One file, parsed, with the places of all that stands in it. */
export class Source {
  readonly file: string
  readonly document: Document
  readonly #lines = new LineCounter()

  /** @param text - YAML 1.2, with `<<` for what groups share */
  constructor(file: string, text: string) {
    this.file = file
    this.document = parseDocument(text, {
      lineCounter: this.#lines,
      uniqueKeys: true,
      prettyErrors: false,
    })
  }

  /** What makes it no YAML at all. */
  get faults(): readonly ConfigProblem[] {
    const faults = this.document.errors.map(({ pos: [offset], message }) => ({
      ...this.#placeAt(offset),
      field: '',
      message,
    }))
    if (faults.length > 0) return faults
    try {
      this.document.toJS({ maxAliasCount })
      return []
    } catch (error) {
      return [
        { ...this.#placeAt(0), field: '', message: error instanceof Error ? error.message : String(error) },
      ]
    }
  }

  /** Where a key or a value stands. */
  placeOf(at: Node | undefined): Pick<ConfigProblem, 'file' | 'line' | 'column'> {
    return this.#placeAt(at?.range?.[0] ?? 0)
  }

  /** A problem at a value or a key of the file. */
  problem(at: Node | undefined, field: string, message: string): ConfigProblem {
    return { ...this.placeOf(at), field, message }
  }

  #placeAt(offset: number): Pick<ConfigProblem, 'file' | 'line' | 'column'> {
    const { line, col } = this.#lines.linePos(offset)
    return { file: this.file, line: Math.max(line, 1), column: Math.max(col, 1) }
  }
}
