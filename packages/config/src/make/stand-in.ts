/** What stands for a thing whose place has a fault, so that the rest of the file can be looked at. */
export const standIn: unknown = new Proxy(
  { name: 'faulty', metrics: [], provides: [], supports: { usage: true } },
  {
    // With a `then` it would be taken for a promise.
    get: (target, key) =>
      key in target || key === 'then' ? target[key as keyof typeof target] : () => undefined,
  },
)
