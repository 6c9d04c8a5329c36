import { inspect } from 'node:util'

/** Says what `util.inspect` and `console.log` show of a class's objects. */
export function showAs<T>(type: { readonly prototype: T }, show: (value: T) => string): void {
  Object.defineProperty(type.prototype, inspect.custom, {
    value(this: T): string {
      return show(this)
    },
  })
}
