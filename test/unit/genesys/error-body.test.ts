import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parseErrorBody } from '../../../src/genesys/error-body.ts';

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
      permissions: [],
    });
  });

  it("reads OAuth's form", () => {
    const text = '{"error":"invalid_client","error_description":"authentication failed"}';
    expect(parseErrorBody(text, [])).toMatchObject({ code: 'invalid_client', message: 'authentication failed' });
  });

  it.each(['', '<html><h1>502 Bad Gateway</h1>', 'null', '[]', '"text"', '{"code":7,"message":{},"contextId":[]}', '{"code":"'])(
    'says nothing for %j',
    (text) => {
      expect(parseErrorBody(text, [])).toEqual({ code: null, message: null, contextId: null, permissions: [] });
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
    expect(parseErrorBody(JSON.stringify(body), []).permissions).toEqual(['conversation:communication:view']);
  });

  it('finds every missing permission once, and takes no address or time for one', () => {
    const message = 'any of a:b:c, routing:queue:*, a:b:c; see https://x.example:8080/a at 12:30:45 or T12:30:45';
    expect(parseErrorBody(JSON.stringify({ message }), []).permissions).toEqual(['a:b:c', 'routing:queue:*']);
  });

  it('takes nothing of what was sent for a permission, however it is escaped or cut', () => {
    const value = 'say "a:b:c"';
    const echoes = [
      { message: `bad ${value}` },
      { details: [JSON.stringify({ value })] },
      { message: 'bad "a:b:c', errors: ['x:y:z'] },
    ];
    const permissions = echoes.map((body) => parseErrorBody(JSON.stringify(body), [value]).permissions);
    expect(permissions).toEqual([[], [], ['x:y:z']]);
    expect(parseErrorBody('{"message":"address sip:agent:home:7"}', ['agent:home:7']).permissions).toEqual([]);
  });

  it('never throws', () => {
    fc.assert(
      fc.property(fc.oneof(fc.string(), fc.json()), fc.array(fc.string()), (text, confidential) => {
        expect(parseErrorBody(text, confidential).permissions.length).toBeLessThanOrEqual(20);
      }),
    );
  });
});
