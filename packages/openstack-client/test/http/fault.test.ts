import { describe, expect, it } from 'vitest'
import { readFault } from '../../src/http/fault.js'

describe('a fault', () => {
  it.each([
    ['', '', undefined],
    ['not json', 'not json', undefined],
    ['[1]', '[1]', undefined],
    ['{}', '', undefined],
    ['{"itemNotFound":{"message":"x"}}', 'x', 'itemNotFound'],
    ['{"NeutronError":"plain"}', 'plain', undefined],
    ['{"NeutronError":{"type":"T","message":"m","detail":"d"}}', 'm d', 'T'],
    ['{"error":{"title":"Unauthorized","message":"m"}}', 'm', 'Unauthorized'],
    ['{"errors":[]}', '', undefined],
    ['<html><head><title>t</title></head><h1>503</h1>\n No server </html>', '503 No server', undefined],
  ])('%s', (body, text, type) => {
    expect(readFault(body)).toMatchObject({ text, type })
  })
})
