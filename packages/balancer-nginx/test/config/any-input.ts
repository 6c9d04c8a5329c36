import * as fc from 'fast-check'

/** Texts that are more likely than others to break out of where they are put. */
const sharp = fc.constantFrom(
  ';',
  '}',
  '{',
  '#',
  '"',
  "'",
  '\\',
  '\n',
  '\r',
  '\t',
  '\u0000',
  '$',
  '${',
  ' ',
  '%',
  'unix:/run/x',
  '10.0.0.1',
  'localhost',
  'include /etc/passwd',
  ':80',
  '[::1]',
)

const anyText = (): fc.Arbitrary<string> =>
  fc.oneof(
    fc.string({ unit: 'binary', maxLength: 30 }),
    fc.string({ unit: 'grapheme-ascii', maxLength: 10 }),
    fc.array(fc.oneof(sharp, fc.string({ maxLength: 4 })), { maxLength: 6 }).map((parts) => parts.join('')),
  )

const goodHost = fc.oneof(fc.ipV4(), fc.ipV6(), fc.domain(), fc.stringMatching(/^[a-z0-9_-]{1,12}$/))

const mostly = <T>(good: fc.Arbitrary<T>, bad: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 25, arbitrary: good }, { weight: 1, arbitrary: bad })

/** A member of which some fields may be anything. */
export const anyMember = (): fc.Arbitrary<{ readonly id: unknown }> =>
  fc.record({
    id: fc.oneof(anyText(), fc.uuid()),
    host: mostly(goodHost, anyText()),
    port: mostly(fc.integer({ min: 1, max: 65_535 }), fc.oneof(fc.integer(), fc.double(), anyText())),
    weight: fc.option(mostly(fc.double({ min: 0.001, max: 1e6 }), fc.double()), { nil: undefined }),
  }) as fc.Arbitrary<{ readonly id: unknown }>

const goodListen = fc.oneof(
  fc.integer({ min: 1, max: 65_535 }),
  fc.tuple(fc.ipV4(), fc.integer({ min: 1, max: 65_535 })).map(([host, port]) => `${host}:${port}`),
  fc.constantFrom('80 default_server', '[::1]:80', 'unix:/run/x.sock', '*:8080 http2'),
)

/** Options of which any may be anything. */
export const anyOptions = (): fc.Arbitrary<unknown> =>
  fc.record(
    {
      upstream: mostly(fc.stringMatching(/^[a-z][a-z0-9_.-]{0,10}[a-z]$/), anyText()),
      listen: mostly(fc.oneof(goodListen, fc.array(goodListen, { minLength: 1, maxLength: 3 })), anyText()),
      serverNames: mostly(
        fc.array(fc.oneof(fc.domain(), fc.constantFrom('_', '*.a.b', 'a.*')), { minLength: 1 }),
        fc.array(anyText()),
      ),
      clientKeepAliveMs: mostly(fc.nat(), fc.double()),
      algorithm: mostly(
        fc.constantFrom('round-robin', 'least-connections', 'ip-hash', { hash: '$request_uri' }),
        fc.oneof(anyText(), fc.record({ hash: anyText() })),
      ),
      keepAliveConnections: mostly(fc.nat({ max: 1000 }), fc.double()),
      keepAliveMs: mostly(fc.integer({ min: 1, max: 60_000 }), fc.double()),
      maxFails: mostly(fc.nat({ max: 10 }), anyText()),
      failTimeoutSeconds: mostly(fc.integer({ min: 1, max: 60 }), anyText()),
      retryAfterSeconds: mostly(fc.nat({ max: 60 }), anyText()),
      internal: mostly(
        fc.constant({ unavailable: '127.0.0.1:10008', status: '127.0.0.1:10009' }),
        fc.record({ unavailable: anyText(), status: anyText() }),
      ),
      configFile: mostly(fc.constant('/etc/nginx/conf.d/x.conf'), anyText()),
      directives: fc.record(
        {
          upstream: fc.array(fc.tuple(fc.constantFrom('zone', 'random'), anyText())),
          server: fc.array(fc.array(anyText(), { maxLength: 3 })),
        },
        { requiredKeys: [] },
      ),
    },
    { requiredKeys: ['upstream'] },
  )
