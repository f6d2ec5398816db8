import { describe, expect, it } from 'vitest';
import { parseRedisUrl } from '../../../src/config/redis-url.ts';

const none = { tls: false, username: null, password: null, database: 0, primaryName: null };

describe('parseRedisUrl', () => {
  it.each([
    ['redis://a', { kind: 'single', nodes: [{ host: 'a', port: 6379 }] }],
    [
      'rediss://u%40x:p%25%2C@a:1/3',
      { nodes: [{ host: 'a', port: 1 }], tls: true, username: 'u@x', password: 'p%,', database: 3 },
    ],
    ['redis://:p@[::1]:7', { nodes: [{ host: '::1', port: 7 }], password: 'p' }],
    [
      'redis://a:1, redis://b:2/0',
      {
        kind: 'cluster',
        nodes: [
          { host: 'a', port: 1 },
          { host: 'b', port: 2 },
        ],
      },
    ],
    ['redis://a:1,redis://a:1', { kind: 'cluster' }],
    [
      'redis+sentinel://u:p@a,b:27000/main',
      {
        kind: 'sentinel',
        nodes: [
          { host: 'a', port: 26_379 },
          { host: 'b', port: 27_000 },
        ],
        username: 'u',
        password: 'p',
        primaryName: 'main',
      },
    ],
    [
      'rediss+sentinel://[::1]:9/main/2',
      { kind: 'sentinel', nodes: [{ host: '::1', port: 9 }], tls: true, database: 2, primaryName: 'main' },
    ],
  ])('reads %s', (text, expected) => {
    expect(parseRedisUrl(text)).toMatchObject({ ...none, kind: 'single', primaryName: null, ...expected });
  });

  it.each([
    'redis://:p%zz@host',
    'redis://host/x',
    'redis://host/99999',
    'redis://host?maxRetriesPerRequest=3',
    'redis://host#x',
    'redis://a/1,redis://b/1',
    'redis://a,rediss://b',
    'redis+sentinel://a:1',
    'redis+sentinel://a:1/',
    'redis+sentinel://a:1/main?x=y',
    'redis+sentinel://u:p%zz@a:1/main',
    'http://host',
    'redis:',
    '',
  ])('refuses %s', (text) => {
    expect(parseRedisUrl(text)).toBeNull();
  });
});
