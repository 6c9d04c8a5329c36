import { describe, expect, it } from 'vitest'
import { renderConfig } from '../../src/config/nginx-config.js'
import type { NginxOptions } from '../../src/options.js'
import { faultIn } from '../../src/update/dump-check.js'
import { member, shapeOf } from '../sample.js'

const configFile = '/etc/nginx/conf.d/flotilla-backend.conf'

/** What becomes of our server beside these files, which are read before it, or after it. */
function fault(
  options: Partial<NginxOptions>,
  { before = '', after = '' }: { readonly before?: string; readonly after?: string },
): string | undefined {
  const shape = shapeOf(options)
  const { text } = renderConfig(shape, [member('a')])
  const files = [
    ['/etc/nginx/nginx.conf', 'events {}\nhttp { include /etc/nginx/conf.d/*.conf; }'],
    ['/etc/nginx/conf.d/default.conf', before],
    [configFile, text],
    ['/etc/nginx/conf.d/z.conf', after],
  ]
  const dump = files.map(([path, content]) => `# configuration file ${path}:\n${content}\n`).join('\n')
  return faultIn(dump, text, { shape, configFile })
}

const welcome = 'server { listen 80; server_name localhost; root /usr/share/nginx/html; }'

describe('a server of ours', () => {
  it.each<[string, Partial<NginxOptions>, { before?: string; after?: string }]>([
    ['alone', { listen: 80 }, {}],
    ['before another one of its port', { listen: 80 }, { after: welcome }],
    ['that is the default', { listen: '80 default_server' }, { before: welcome }],
    ['with a name of its own', { listen: 80, serverNames: ['a.example'] }, { before: welcome }],
    ['at another port', { listen: 8080 }, { before: welcome }],
    ['at another address', { listen: '127.0.0.1:80' }, { before: welcome }],
    ['of IPv6', { listen: '[::]:80' }, { before: welcome }],
    ['before one of its name', { listen: 80, serverNames: ['a'] }, { after: 'server { server_name a; }' }],
    ['without a server of its own', {}, { before: welcome }],
  ])('is met %s', (_, options, files) => {
    expect(fault(options, files)).toBeUndefined()
  })

  it('is not met behind the default one of its port', () => {
    expect(fault({ listen: 80 }, { before: welcome })).toBe(
      'requests to 80 are answered by the server "localhost" in /etc/nginx/conf.d/default.conf: ' +
        "remove that server, or give listen '80 default_server', or serverNames",
    )
  })

  it.each([
    'server { listen *:80; }',
    'server { listen 0.0.0.0:80; }',
    'server { }',
    'server { listen 81; listen 80 reuseport backlog=4096; }',
  ])('is not met behind %s', (before) => {
    expect(fault({ listen: 80 }, { before })).toMatch(/default\.conf: remove that server/)
  })

  it('is not met where another is the default, though it comes later', () => {
    const after = 'server { listen 80 default_server; server_name _; }'
    expect(fault({ listen: 80 }, { after })).toMatch(/server "_" in \/etc\/nginx\/conf\.d\/z\.conf/)
  })

  it('is not met by a name that another has before it', () => {
    const before = 'server { listen 80; server_name b.example A.example; }'
    expect(fault({ listen: 80, serverNames: ['a.example'] }, { before })).toBe(
      'requests to 80 for a.example are answered by the server "b.example a.example" in ' +
        '/etc/nginx/conf.d/default.conf: remove that server or its name',
    )
  })

  it('is taken for met in a configuration that cannot be read here', () => {
    expect(fault({ listen: 80 }, { before: `${welcome}\nlua { return "}` })).toBeUndefined()
  })
})

describe('a file of ours', () => {
  const shape = shapeOf()
  const { text } = renderConfig(shape, [member('a')])
  const where = { shape, configFile }

  it.each([
    [
      'http { include /etc/nginx/sites-enabled/*; include mime.types; }',
      '/etc/nginx/sites-enabled/*, mime.types',
    ],
    ['http { include /etc/nginx/sites-enabled/*; }', '/etc/nginx/sites-enabled/*'],
  ])('that %s does not read is said to be so', (main, includes) => {
    const dump = `# configuration file /etc/nginx/nginx.conf:\n${main}\n# configuration file /etc/nginx/mime.types:\ntypes {}\n`
    expect(faultIn(dump, text, where)).toBe(
      `${configFile} is not read: http { … } of /etc/nginx/nginx.conf includes only ${includes}; ` +
        'add the line include /etc/nginx/conf.d/*.conf; there, or give a configFile that it includes',
    )
  })

  it('that a main file without any include does not read is said to be so', () => {
    const dump = '# configuration file /etc/nginx/nginx.conf:\nhttp { }\n'
    expect(faultIn(dump, text, where)).toContain('includes nothing; add the line')
  })

  it('is known under the name of a link to it', () => {
    const dump = `# configuration file /etc/nginx/nginx.conf:\nhttp { include sites-enabled/*; }\n# configuration file /etc/nginx/sites-enabled/web:\n${text}\n`
    expect(faultIn(dump, text, where)).toBeUndefined()
  })
})
