/**
 * The same key for all spellings of one hypervisor's URI. Letter case, transport, user and the order of parameters make
 * no difference; another port or socket does, for it may be another hypervisor.
 */
export function uriKey(uri: string): string {
  if (!URL.canParse(uri)) return uri
  const url = new URL(uri)
  const [driver = ''] = url.protocol.toLowerCase().slice(0, -1).split('+')
  const host = url.hostname.toLowerCase()
  const path = url.pathname.replace(/\/+$/, '')
  const which = ['name', 'socket', 'mode']
    .flatMap((key) => {
      const value = url.searchParams.get(key)
      return value === null || value === 'auto' ? [] : [`${key}=${value}`]
    })
    .join('&')
  const port = url.port === '' ? '' : `:${url.port}`
  return `${driver}://${host}${port}${path}${which === '' ? '' : `?${which}`}`
}

/** Whether the hypervisor is this host: its files can be seen from here. */
export function isLocalUri(uri: string): boolean {
  return /^[a-z]+(?:\+unix)?:\/\/\//i.test(uri)
}

/** The host in a URI, as a name for its machines' zone. */
export function zoneOf(uri: string): string | undefined {
  const [, host = ''] = /^[a-z+0-9]+:\/\/(?:[^@/]*@)?([^/?#]*)/i.exec(uri) ?? []
  return host === '' ? undefined : host
}
