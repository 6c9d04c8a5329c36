import { inspect } from 'node:util'

/** Sets what `util.inspect` and `console.log` show for objects of a class. */
export function showAs<T>(type: { readonly prototype: T }, show: (value: T) => string): void {
  Object.defineProperty(type.prototype, inspect.custom, {
    value(this: T): string {
      return show(this)
    },
  })
}
