import { describe, expect, it } from 'vitest'
import { answerError } from '../../src/http/answer-error.js'
import { fixture, fixtureText } from '../kit/fixture.js'

const nowMs = Date.parse('2026-11-22T00:00:00Z')
const asked = {
  what: 'do it',
  service: 'compute',
  repeatable: true,
  redact: (text: string) => text,
  nowMs,
}

const answer = (status: number, text: string, headers: Record<string, string> = {}) => ({
  status,
  text,
  headers: new Headers(headers),
})

const ofRecording = (name: string) => {
  const { status, headers } = fixture(name).response
  return answerError(answer(status, fixtureText(name), headers), asked)
}

describe('an answer of the real services', () => {
  it.each([
    // The same status, the same key: only the words tell a full quota from a policy.
    ['quota-instances-403', 'quota', 'Quota exceeded for instances: Requested 1, but already used 3 of 3'],
    ['quota-cores-403', 'quota', 'Quota exceeded for cores, ram'],
    ['quota-multi-403', 'quota', 'Quota exceeded for cores, instances'],
    ['quota-ports-403', 'quota', 'The number of defined ports: 1 is over the limit: 0'],
    ['quota-ports-neutron-409', 'quota', "Quota exceeded for resources: ['port']."],
    ['quota-metadata-403', 'quota', 'Maximum number of metadata items exceeds'],
    ['err-policy-403', 'forbidden', "Policy doesn't allow os_compute_api:servers:create to be performed."],
    ['diagnostics-member-403', 'forbidden', "Policy doesn't allow"],
    ['placement-member-403', 'forbidden', 'Access was denied to this resource.'],
    ['list-all-tenants-403', 'forbidden', "Policy doesn't allow"],
    ['server-get-404', 'not-found', 'could not be found'],
    ['image-404', 'not-found', 'No image found with ID 00000000-0000-0000-0000-00000000dead'],
    ['err-not-found-route-404', 'not-found', 'The resource could not be found.'],
    ['err-method-404', 'not-found', 'The resource could not be found.'],
    ['keystone-expired-token-404', 'not-found', 'Failed to validate token'],
    ['server-delete-locked-409', 'conflict', 'is locked'],
    ['err-stop-locked-409', 'conflict', 'is locked'],
    ['server-action-start-409', 'conflict', 'while it is in vm_state active'],
    ['diagnostics-stopped-409', 'conflict', ''],
    ['err-multiple-networks-409', 'conflict', 'Multiple possible networks found'],
    ['err-bad-flavor-400', 'bad-request', ''],
    ['err-not-json-400', 'bad-request', ''],
    ['err-networks-required-400', 'bad-request', ''],
    ['tag-bad-400', 'bad-request', ''],
    ['list-bad-marker-400', 'bad-request', 'marker [00000000-0000-0000-0000-00000000dead] not found'],
    ['list-unknown-param-400', 'bad-request', ''],
    ['err-body-413', 'too-large', 'Request is too large. Larger than max_request_body_size (114688).'],
    ['server-get-active-v296-406', 'unsupported', 'Version 2.96 is not supported by the API'],
    ['nova-bad-token-401', 'unauthorized', 'The request you have made requires authentication.'],
    ['nova-expired-token-401', 'unauthorized', 'The request you have made requires authentication.'],
    ['neutron-bad-token-401', 'unauthorized', 'requires authentication'],
    ['placement-bad-token-401', 'unauthorized', 'requires authentication'],
    ['glance-bad-token-401', 'unauthorized', 'could not verify that you are authorized'],
    ['auth-bad-password-401', 'unauthorized', 'requires authentication'],
    ['auth-appcred-expired-401', 'unauthorized', ''],
  ])('%s is %s', (name, code, words) => {
    const error = ofRecording(name)
    expect(error.code).toBe(code)
    expect(error.status).toBe(fixture(name).response.status)
    expect(error.fault).toContain(words)
    expect(error.fault).not.toMatch(/<br/)
    expect(error.message).toContain(`compute: do it: ${error.status}`)
    const { headers } = fixture(name).response
    expect(error.requestId).toBe(headers['x-openstack-request-id'] ?? headers['x-compute-request-id'])
    if (error.requestId !== undefined) expect(error.message).toContain(error.requestId)
    expect(error.retryable).toBe(false)
  })
})

describe('an answer of what stands around them', () => {
  it.each([
    ['429', answer(429, ''), 'rate-limited', true],
    [
      '429 of old Nova',
      answer(429, '{"overLimit":{"code":429,"message":"slow","retryAfter":3}}'),
      'rate-limited',
      true,
    ],
    ['413 with Retry-After', answer(413, '', { 'retry-after': '2' }), 'rate-limited', true],
    [
      '413 of a volume quota',
      answer(
        413,
        '{"overLimit":{"code":413,"message":"VolumeLimitExceeded: Maximum number of volumes allowed (10) exceeded"}}',
        { 'retry-after': '0' },
      ),
      'quota',
      false,
    ],
    [
      '403 of Octavia’s quota',
      answer(403, '{"faultcode":"Client","faultstring":"Quota has been met for resources: Load Balancer"}'),
      'quota',
      false,
    ],
    [
      '403 of a proxy',
      answer(403, '<html><title>x</title><body><h1>403 Forbidden</h1></body></html>'),
      'forbidden',
      false,
    ],
    [
      '409 of Octavia',
      answer(
        409,
        '{"faultcode":"Client","faultstring":"Load Balancer 1 is immutable and cannot be updated."}',
      ),
      'conflict',
      true,
    ],
    [
      '409 of a busy server',
      answer(
        409,
        `{"conflictingRequest":{"message":"Cannot 'stop' instance 1 while it is in task_state powering-off"}}`,
      ),
      'conflict',
      true,
    ],
    [
      '409 of Placement',
      answer(409, '{"errors":[{"status":409,"detail":"x","code":"placement.concurrent_update"}]}'),
      'conflict',
      true,
    ],
    [
      '500',
      answer(500, '{"computeFault":{"code":500,"message":"Unexpected API Error."}}'),
      'unavailable',
      true,
    ],
    ['502 of a proxy', answer(502, '<html><body>Bad Gateway</body></html>'), 'unavailable', true],
    ['503', answer(503, ''), 'unavailable', true],
    ['504', answer(504, ''), 'unavailable', true],
    ['418', answer(418, ''), 'bad-request', false],
  ] as const)('%s', (_, given, code, retryable) => {
    expect(answerError(given, asked)).toMatchObject({ code, retryable, status: given.status })
  })

  it('of a policy about quotas is a policy’s', () => {
    const text =
      '{"forbidden":{"message":"Policy doesn\'t allow os_compute_api:os-quota-sets:update to be performed."}}'
    expect(answerError(answer(403, text), asked).code).toBe('forbidden')
  })

  it('may have done what was asked only when it is a 5xx to a call that changes something', () => {
    const done = (status: number, repeatable: boolean): boolean =>
      answerError(answer(status, ''), { ...asked, repeatable }).maybeDone
    expect(done(502, false)).toBe(true)
    expect(done(502, true)).toBe(false)
    expect(done(409, false)).toBe(false)
  })

  it('says how long to wait, in each of the ways', () => {
    const wait = (headers: Record<string, string>, text = ''): number | undefined =>
      answerError(answer(429, text, headers), asked).retryAfterMs
    expect(wait({ 'retry-after': '3' })).toBe(3000)
    expect(wait({ 'retry-after': 'Sun, 22 Nov 2026 00:00:05 GMT' })).toBe(5000)
    expect(wait({}, '{"overLimit":{"message":"slow","retryAfter":7}}')).toBe(7000)
    expect(wait({})).toBeUndefined()
  })
})
