import { describe, expect, test } from 'vitest';
import { createAdminAccess } from '../../../src/receiver/admin-access.ts';

const TOKEN = 'tökén-with:colons-and-ümlauts';
const accessOf = createAdminAccess(() => TOKEN);

const bearer = (token: string) => `Bearer ${token}`;
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`;

describe('who may use the admin page', () => {
  test.each([
    ['the password of any user', basic(`on-call:${TOKEN}`)],
    ['the password of no user', basic(`:${TOKEN}`)],
    ['any case of the scheme', basic(`x:${TOKEN}`).replace('Basic', 'bASIC')],
  ])('the token, as %s', (_, authorization) => {
    expect(accessOf('GET', { authorization })).toBe('granted');
  });

  test('the token, as a bearer token', () => {
    const plain = createAdminAccess(() => 'plain-token-of-16-bytes');
    expect(plain('PUT', { authorization: bearer('plain-token-of-16-bytes') })).toBe('granted');
  });

  test('the token that is in force at that moment, and nobody without one', () => {
    let token: string | null = 'the-first-token';
    const changing = createAdminAccess(() => token);
    const accessWith = (given: string) => changing('GET', { authorization: bearer(given) });
    token = 'the-second-token';
    expect([accessWith('the-first-token'), accessWith('the-second-token')]).toEqual(['not-authenticated', 'granted']);
    token = null;
    expect([accessWith('the-second-token'), accessWith('null')]).toEqual(['not-authenticated', 'not-authenticated']);
  });

  test.each([
    ['nothing', undefined],
    ['an empty header', ''],
    ['another token', bearer('other')],
    ['a longer token', basic(`x:${TOKEN}x`)],
    ['a part of the token', basic(`x:${TOKEN.slice(0, -1)}`)],
    ['the token as the user', basic(`${TOKEN}:`)],
    ['no colon', basic('token')],
    ['another scheme', `Digest ${TOKEN}`],
    ['no base64', 'Basic %%%'],
  ])('not %s', (_, authorization) => {
    expect(accessOf('GET', authorization === undefined ? {} : { authorization })).toBe('not-authenticated');
  });
});

describe('a change', () => {
  const authorization = basic(`x:${TOKEN}`);
  const host = 'hookpatch.internal:8080';

  test.each([
    ['a program', {}],
    ['a page of the admin page', { 'sec-fetch-site': 'same-origin' }],
    [
      'a page of the admin page behind a proxy that changes the host',
      { 'sec-fetch-site': 'same-origin', origin: 'https://ops.example' },
    ],
    ['a page of the admin page over plain HTTP', { origin: `http://${host}` }],
  ])('is allowed to %s', (_, headers) => {
    expect(accessOf('PUT', { authorization, host, ...headers })).toBe('granted');
  });

  test.each([
    ['another site', { 'sec-fetch-site': 'cross-site' }],
    ['a sister site', { 'sec-fetch-site': 'same-site' }],
    ['another site over plain HTTP', { origin: 'http://evil.example' }],
    ['another port', { origin: 'http://hookpatch.internal:9090' }],
    ['a page without an origin', { origin: 'null' }],
  ])('is refused when it comes from %s', (_, headers) => {
    expect(accessOf('PUT', { authorization, host, ...headers })).toBe('cross-site');
  });

  test('is refused without the token first of all', () => {
    expect(accessOf('PUT', { host, 'sec-fetch-site': 'cross-site' })).toBe('not-authenticated');
  });

  test('is what may not come from elsewhere; looking may', () => {
    expect(accessOf('GET', { authorization, host, 'sec-fetch-site': 'cross-site' })).toBe('granted');
  });
});
