import { describe, expect, it } from 'vitest'
import { parseConfig, parseDump, type ConfigNode } from '../../src/setup/config-tree.js'

describe('parseConfig', () => {
  it('reads directives, blocks, comments and quotes', () => {
    const text = `
# a comment; { with "everything
worker_processes  2 ; # and one after
http {
  log_format main '$remote_addr "$request" \\'x\\'' "two\\\\ \\"words\\"";
  server{listen 80;location ~ \\.php$ { return 200 "a;b{c}d#e"; }}
  map $x \${y} { "" ''; ~^a\\;b c; }
}`
    expect(parseConfig(text)).toEqual([
      { name: 'worker_processes', args: ['2'] },
      {
        name: 'http',
        args: [],
        body: [
          { name: 'log_format', args: ['main', '$remote_addr "$request" \'x\'', 'two\\ "words"'] },
          {
            name: 'server',
            args: [],
            body: [
              { name: 'listen', args: ['80'] },
              {
                name: 'location',
                args: ['~', '\\.php$'],
                body: [{ name: 'return', args: ['200', 'a;b{c}d#e'] }],
              },
            ],
          },
          {
            name: 'map',
            args: ['$x', '${y}'],
            body: [
              { name: '', args: [''] },
              { name: '~^a\\;b', args: ['c'] },
            ],
          },
        ],
      },
    ])
  })

  it.each(['a', 'a {', 'a; }', 'a { b; ', 'a "b;', "a 'b", 'a { b }'])('refuses %j', (text) => {
    expect(() => parseConfig(text)).toThrow(/the configuration|unexpected/)
  })
})

describe('parseDump', () => {
  const dump = `nginx: the configuration file /etc/nginx/nginx.conf syntax is ok
# configuration file /etc/nginx/nginx.conf:
pid /run/nginx.pid;
http {
    include mime.types;
    include /etc/nginx/conf.d/*.conf;
}

# configuration file /etc/nginx/mime.types:
types { text/html html; }

# configuration file /etc/nginx/conf.d/a.conf:
server { include snippets/s?.conf; }

# configuration file /etc/nginx/conf.d/b.conf.d/no.conf:
server { listen 9; }

# configuration file /etc/nginx/snippets/s1.conf:
listen 81;
`

  it('tells which file each directive stands in', () => {
    const [, http] = parseDump(dump)
    const server = http?.body?.find(({ name }) => name === 'server')
    expect([http?.file, server?.file, server?.body?.[0]?.file]).toEqual([
      '/etc/nginx/nginx.conf',
      '/etc/nginx/conf.d/a.conf',
      '/etc/nginx/snippets/s1.conf',
    ])
  })

  it('puts every included file in its place', () => {
    expect(withoutFiles(parseDump(dump))).toEqual([
      { name: 'pid', args: ['/run/nginx.pid'] },
      {
        name: 'http',
        args: [],
        body: [
          { name: 'types', args: [], body: [{ name: 'text/html', args: ['html'] }] },
          { name: 'server', args: [], body: [{ name: 'listen', args: ['81'] }] },
        ],
      },
    ])
  })

  it('ends where files include each other', () => {
    const circle = '# configuration file /a.conf:\nx 1;\ninclude /a.conf;\n'
    expect(parseDump(circle).length).toBeLessThan(30)
  })

  it('refuses what is no dump', () => {
    expect(() => parseDump('nginx: [emerg] no')).toThrow('nginx -T printed no configuration')
  })
})

const withoutFiles = (nodes: readonly ConfigNode[]): readonly ConfigNode[] =>
  nodes.map(({ name, args, body }) =>
    body === undefined ? { name, args } : { name, args, body: withoutFiles(body) },
  )
