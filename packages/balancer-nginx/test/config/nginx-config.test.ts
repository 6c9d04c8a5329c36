import { describe, expect, it } from 'vitest'
import { renderConfig } from '../../src/config/nginx-config.js'
import { readWritten } from '../../src/config/written-config.js'
import { parseConfig, type ConfigNode } from '../../src/setup/config-tree.js'
import { member, shapeOf } from '../sample.js'

const internal = { unavailable: '127.0.0.1:10008', status: '127.0.0.1:10009' }

function upstreamOf(text: string): readonly ConfigNode[] {
  return parseConfig(text).find(({ name }) => name === 'upstream')?.body ?? []
}

function lines(nodes: readonly ConfigNode[]): readonly string[] {
  return nodes.map(({ name, args }) => [name, ...args].join(' '))
}

describe('the file', () => {
  it('reads as a person would write it', () => {
    const shape = shapeOf({ listen: 80, internal, algorithm: 'least-connections', maxFails: 2 })
    const { text, generation } = renderConfig(shape, [
      member('web-2', { host: '10.0.0.2' }),
      member('web-1', { weight: 3 }),
      member('web-3', { host: 'fd00::3', port: 80 }),
    ])
    expect(text).toBe(`# flotilla balancer-nginx format 1 upstream backend
# Written by Flotilla: what is changed here is lost at the next change of the group.
upstream backend {
    least_conn;
    server 10.0.0.1:8080 weight=3 max_fails=2; # id web-1
    server 10.0.0.2:8080 max_fails=2; # id web-2
    server [fd00::3]:80 max_fails=2; # id web-3
    keepalive 32;
    keepalive_timeout 4000ms;
}
server {
    listen 127.0.0.1:10008;
    access_log off;
    client_max_body_size 0;
    add_header Retry-After 1 always;
    return 503;
}
server {
    listen 127.0.0.1:10009;
    access_log off;
    keepalive_timeout 0;
    location = /generation {
        default_type text/plain;
        return 200 ${generation};
    }
    location = /status {
        stub_status;
    }
    location / {
        return 404;
    }
}
map $http_upgrade $flotilla_10e08a41_connection {
    default upgrade;
    "" "";
}
map $http_host $flotilla_10e08a41_host {
    default $http_host;
    "" $host;
}
server {
    listen 80;
    server_name _;
    location = /.flotilla/10e08a41/generation {
        access_log off;
        default_type text/plain;
        return 200 ${generation};
    }
    location / {
        proxy_pass http://backend;
        proxy_http_version 1.1;
        proxy_connect_timeout 3s;
        proxy_set_header Host $flotilla_10e08a41_host;
        proxy_set_header Upgrade $http_upgrade;
        proxy_set_header Connection $flotilla_10e08a41_connection;
        proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
        proxy_set_header X-Forwarded-Proto $scheme;
    }
}
`)
  })

  it('is the same for the same members in any order', () => {
    const members = ['c', 'a', 'b'].map((id) => member(id))
    expect(renderConfig(shapeOf(), members)).toEqual(renderConfig(shapeOf(), members.toReversed()))
  })

  it('has another generation for another set, and the same again for the same', () => {
    const of = (...ids: readonly string[]): string =>
      renderConfig(
        shapeOf(),
        ids.map((id) => member(id)),
      ).generation
    expect(of('a')).not.toBe(of('a', 'b'))
    expect(of('a')).toBe(of('a'))
  })

  it('has another generation for other options', () => {
    const of = (retryAfterSeconds: number): string =>
      renderConfig(shapeOf({ retryAfterSeconds }), []).generation
    expect(of(1)).not.toBe(of(2))
  })

  it('never has an empty upstream: it leads to our own 503', () => {
    const { text } = renderConfig(shapeOf({ internal }), [])
    expect(lines(upstreamOf(text))).toEqual(['server 127.0.0.1:10008'])
  })

  it('answers 503 with Retry-After itself when it has the whole server', () => {
    const { text } = renderConfig(shapeOf({ listen: 80, retryAfterSeconds: 7 }), [])
    const front = parseConfig(text).findLast(({ name }) => name === 'server')?.body ?? []
    const location = front.findLast(({ name }) => name === 'location')?.body ?? []
    expect(lines(location).slice(0, 3)).toEqual([
      'add_header Retry-After 7 always',
      'return 503',
      'proxy_pass http://backend',
    ])
  })

  it.each([
    ['round-robin', []],
    ['least-connections', ['least_conn']],
    ['ip-hash', ['ip_hash']],
    [{ hash: '$request_uri' }, ['hash $request_uri']],
    [{ hash: '$cookie_id$arg_id', consistent: true }, ['hash $cookie_id$arg_id consistent']],
  ] as const)('spreads by %j', (algorithm, expected) => {
    const upstream = lines(upstreamOf(renderConfig(shapeOf({ algorithm }), [member('a')]).text))
    expect(upstream.slice(0, -3)).toEqual(expected)
  })

  it('has no status server when nobody asks', () => {
    const names = parseConfig(renderConfig(shapeOf({ statusUrl: false }), []).text).map(({ name }) => name)
    expect(names).toEqual(['upstream', 'server'])
  })

  it('logs in a format of our own when told where', () => {
    const { text } = renderConfig(shapeOf({ listen: 80, accessLog: '/var/log/nginx/web.log' }), [member('a')])
    const nodes = parseConfig(text)
    expect(nodes.find(({ name }) => name === 'log_format')?.args).toEqual([
      'flotilla_backend',
      '$status $upstream_header_time',
    ])
    const front = nodes.findLast(({ name }) => name === 'server')?.body ?? []
    expect(lines(front)).toContain('access_log /var/log/nginx/web.log flotilla_backend buffer=32k flush=1s')
  })

  it('keeps no connections when asked to keep none', () => {
    const { text } = renderConfig(shapeOf({ keepAliveConnections: 0 }), [member('a')])
    expect(lines(upstreamOf(text))).toEqual(['server 10.0.0.1:8080'])
  })

  it("gives the caller's directives in the place of our own of the same name", () => {
    const shape = shapeOf({
      listen: '443 ssl',
      clientKeepAliveMs: 0,
      directives: {
        upstream: [
          ['zone', 'backend', '1m'],
          ['keepalive', '8'],
        ],
        server: [
          ['ssl_certificate', '/etc/a b.pem'],
          ['keepalive_timeout', '5s'],
        ],
        location: [
          ['proxy_connect_timeout', '9s'],
          ['proxy_set_header', 'host', 'a "b"; c'],
        ],
      },
    })
    const { text } = renderConfig(shape, [member('a')])
    expect(lines(upstreamOf(text))).toEqual([
      'server 10.0.0.1:8080',
      'zone backend 1m',
      'keepalive 8',
      'keepalive_timeout 4000ms',
    ])
    const front = parseConfig(text).findLast(({ name }) => name === 'server')?.body ?? []
    expect(lines(front)).toEqual([
      'listen 443 ssl',
      'server_name _',
      'ssl_certificate /etc/a b.pem',
      'keepalive_timeout 5s',
      'location = /.flotilla/10e08a41/generation',
      'location /',
    ])
    const location = lines(front.at(-1)?.body ?? [])
    expect(location.filter((line) => line.startsWith('proxy_connect_timeout'))).toEqual([
      'proxy_connect_timeout 9s',
    ])
    expect(location.filter((line) => /proxy_set_header host/i.test(line))).toEqual([
      'proxy_set_header host a "b"; c',
    ])
  })
})

describe('the file read back', () => {
  it('gives the members that it was written for', () => {
    const members = [
      member('web-1'),
      member('i d/ü%"; }', { host: 'fd00::1', port: 1, weight: 7 }),
      member('web-2', { host: 'app_1.internal', weight: 2 }),
    ]
    const shape = shapeOf({ maxFails: 3, failTimeoutSeconds: 5 })
    const found = readWritten(renderConfig(shape, members).text, 'backend')
    const written = members.map(({ id, host, port }) => ({ id, address: { host, port } }))
    expect(found).toEqual({
      kind: 'ours',
      members: written.toSorted((a, b) => (a.id < b.id ? -1 : 1)),
    })
  })

  it('has no members when the group was empty', () => {
    const found = readWritten(renderConfig(shapeOf(), []).text, 'backend')
    expect(found).toEqual({ kind: 'ours', members: [] })
  })

  it.each([
    [undefined, 'none'],
    ['', 'none'],
    [' \n', 'none'],
    ['upstream backend { server 10.0.0.1; }\n', 'foreign'],
    ['# flotilla balancer-nginx format 1 upstream other\n', 'foreign'],
    ['# flotilla balancer-nginx format 1 upstream backend\nwhatever', 'ours'],
  ])('knows whose %j is: %s', (text, kind) => {
    expect(readWritten(text, 'backend').kind).toBe(kind)
  })

  it('passes over lines that somebody changed', () => {
    const text = renderConfig(shapeOf(), [member('a'), member('b')]).text.replace('# id a', '# id %zz')
    expect(readWritten(text, 'backend')).toMatchObject({ members: [{ id: 'b' }] })
  })
})
