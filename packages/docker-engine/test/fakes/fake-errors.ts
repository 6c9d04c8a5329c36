/** What dockerode throws for an answer that is no success. */
export function dockerError(statusCode: number, message: string, reason?: string): Error {
  const shown = `(HTTP code ${statusCode}) ${reason ?? 'unexpected'} - ${message} `
  return Object.assign(new Error(shown), {
    statusCode,
    reason,
    json: message === '' ? Buffer.alloc(0) : { message },
  })
}

/** What it throws when the daemon goes away, or is. */
export function goneError(code: 'ECONNREFUSED' | 'ECONNRESET'): Error {
  return code === 'ECONNREFUSED'
    ? Object.assign(new Error('connect ECONNREFUSED /var/run/docker.sock'), { code, syscall: 'connect' })
    : Object.assign(new Error('socket hang up'), { code })
}

/** What it throws when its signal aborts. */
export function abortError(): Error {
  return Object.assign(new Error('The operation was aborted'), { name: 'AbortError', code: 'ABORT_ERR' })
}
