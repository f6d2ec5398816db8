import { describe, expect, it } from 'vitest';
import { maskSecrets, maskUrls } from '../../../src/config/mask.ts';

// SECURITY.md: leaky-url
describe('maskUrls', () => {
  it.each([
    ['redis://localhost:6379', 'redis://localhost:6379'],
    ['redis://user:pw@localhost:6379/2', 'redis://******@localhost:6379/2'],
    ['rediss://:pw@a:1,rediss://b:2', 'rediss://******@a:1,rediss://b:2'],
    ['redis://a:1?password=pw', 'redis://a:1?******'],
    ['redis+sentinel://u:p@a:1,b:2/main', 'redis+sentinel://******@a:1,b:2/main'],
    ['rediss+sentinel://a:1,b:2/main', 'rediss+sentinel://a:1,b:2/main'],
    ['redis:pw', 'redis:******'],
    ['just-a-password', '******'],
    ['redis://a:1,', 'redis://a:1,(empty)'],
  ])('shows %s as %s', (url, shown) => {
    expect(maskUrls(url)).toBe(shown);
  });
});

describe('maskSecrets', () => {
  it('shows how many there are and which are empty, never their length', () => {
    expect(maskSecrets('a,,a-much-longer-one')).toBe('******,(empty),******');
  });
});

it.each([
  ['redis://default:4711/geheim@redis:6379', 'redis://******'],
  ['redis://default:12#geheim@redis:6379', 'redis://******'],
  ['redis://h:6379/geheim', 'redis://h:6379/******'],
  ['redis://h:6379/3', 'redis://h:6379/3'],
])('shows no password that an unencoded sign put elsewhere: %s', (url, shown) => {
  expect(maskUrls(url)).toBe(shown);
});
