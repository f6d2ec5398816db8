import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseErrorBody } from '../../../src/genesys/error-body.ts';

const NOTHING = { code: null, message: null, contextId: null, permissions: null, limit: null, retryAfterMs: null };

/** Of a 403 with this body and the code that means a missing permission. */
function permissionsIn(body: object, confidential: readonly string[] = []): readonly string[] {
  return parseErrorBody(JSON.stringify({ code: 'missing.permissions', ...body }), confidential).permissions?.names ?? [];
}

describe('error body', () => {
  it("reads Genesys's form", () => {
    const body = {
      message: 'Too many',
      code: 'too.many.requests.retry.after',
      status: 429,
      contextId: 'c-1',
      details: [],
      errors: [],
    };
    expect(parseErrorBody(JSON.stringify(body), [])).toEqual({
      code: 'too.many.requests.retry.after',
      message: 'Too many',
      contextId: 'c-1',
      permissions: null,
      limit: null,
      retryAfterMs: null,
    });
  });

  it("reads OAuth's form", () => {
    const text = '{"error":"invalid_client","error_description":"authentication failed"}';
    expect(parseErrorBody(text, [])).toMatchObject({ code: 'invalid_client', message: 'authentication failed' });
  });

  it.each(['', '<html><h1>502 Bad Gateway</h1>', 'null', '[]', '"text"', '{"code":7,"message":{},"contextId":[]}', '{"code":"'])(
    'says nothing for %j',
    (text) => {
      expect(parseErrorBody(text, [])).toEqual(NOTHING);
    },
  );

  it('makes one short line of the message and drops codes that are not words', () => {
    const parsed = parseErrorBody(
      JSON.stringify({ message: `a\r\nb\u0000\u202ec${'x'.repeat(900)}`, code: 'a b', contextId: 'a\nb' }),
      [],
    );
    expect(parsed.message).toHaveLength(500);
    expect(parsed.message).toMatch(/^a b cx+…$/);
    expect(parsed).toMatchObject({ code: null, contextId: null });
  });

  it('does not repeat what is confidential, and only as whole words', () => {
    const message = 'value "plat(inum" of attribute 1 in line 10 is wrong: say \\"hi\\"';
    const parsed = parseErrorBody(JSON.stringify({ message }), ['plat(inum', '1', 'say "hi"', '', ' ']);
    expect(parsed.message).toBe('value "[redacted]" of attribute [redacted] in line 10 is wrong: [redacted]');
  });

  it.each([
    { message: 'Missing the following permission(s): [conversation:communication:view]' },
    { message: 'No', messageParams: { permissions: '[conversation:communication:view]' } },
    { message: 'No', details: [{ errorCode: 'missing', fieldName: 'conversation:communication:view' }] },
    { message: 'No', errors: [{ message: 'needs conversation:communication:view' }] },
  ])('finds the missing permission in %j', (body) => {
    expect(permissionsIn(body)).toEqual(['conversation:communication:view']);
  });

  it('finds every missing permission once, and takes no address or time for one', () => {
    const message = 'any of a:b:c, routing:queue:*, a:b:c; see https://x.example:8080/a at 12:30:45 or T12:30:45';
    expect(permissionsIn({ message })).toEqual(['a:b:c', 'routing:queue:*']);
  });

  it('takes nothing of what was sent for a permission, however it is escaped or cut', () => {
    const value = 'say "a:b:c"';
    const echoes = [
      { message: `bad ${value}` },
      { details: [JSON.stringify({ value })] },
      { message: 'bad "a:b:c', errors: ['x:y:z'] },
    ];
    const permissions = echoes.map((body) => permissionsIn(body, [value]));
    expect(permissions).toEqual([[], [], ['x:y:z']]);
    expect(permissionsIn({ message: 'address sip:agent:home:7' }, ['agent:home:7'])).toEqual([]);
  });

  it.each([
    ['missing.permissions', { names: ['a:b:c'], anyOf: false }],
    ['missing.any.permissions', { names: ['a:b:c'], anyOf: true }],
    ['missing.division.permission', { names: ['a:b:c'], anyOf: false }],
    ['not.authorized', null],
    ['constructor', null],
    [undefined, null],
  ])('takes the code %s for missing permissions: %j', (code, permissions) => {
    expect(parseErrorBody(JSON.stringify({ code, message: 'needs a:b:c' }), []).permissions).toEqual(permissions);
  });

  it.each([
    [
      { key: 'token.rate.per.minute', namespace: 'platform.api', value: 300 },
      { namespace: 'platform.api', value: 300 },
    ],
    [
      { key: 'token.rate.per.minute', namespace: 'a b', value: 0 },
      { namespace: null, value: null },
    ],
    [{ key: 'token.rate.per.minute' }, { namespace: null, value: null }],
  ])('names the limit %j', (limit, expected) => {
    expect(parseErrorBody(JSON.stringify({ limit }), []).limit).toEqual({ key: 'token.rate.per.minute', ...expected });
  });

  it.each([[null], ['text'], [{}], [{ key: 7 }], [{ key: 'a b' }]])('names no limit for %j', (limit) => {
    expect(parseErrorBody(JSON.stringify({ limit }), []).limit).toBeNull();
  });

  it.each([
    [{ message: 'Rate limit exceeded the maximum. Retry the request in [12] seconds' }, 12_000],
    [{ message: 'Too many', messageParams: { retryAfter: '7' } }, 7_000],
    [{ message: 'Too many', messageParams: { limit: 300, retryAfter: 7 } }, null],
    [{ message: 'Too many', messageParams: ['7'] }, null],
    [{ message: 'in 3 hours' }, null],
  ])('reads from %j to wait %s ms', (body, expected) => {
    expect(parseErrorBody(JSON.stringify(body), []).retryAfterMs).toBe(expected);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.array(fc.string()), (text, confidential) => {
        expect(parseErrorBody(text, confidential).permissions?.names.length ?? 0).toBeLessThanOrEqual(20);
      }),
    );
  });
});
