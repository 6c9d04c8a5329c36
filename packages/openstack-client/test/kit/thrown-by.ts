/** What a call fails with; begun now, looked at later. A call that does not fail is a failure. */
export const thrownBy = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => Promise.reject(new Error('it did not fail')),
    (thrown: unknown) => thrown,
  )
