import { describe, expect, it } from 'vitest';
import { startRedisChild } from '../../harness/redis.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { ADMIN_TOKEN, deadLetterTwo, HIDDEN_VALUE, RULES } from './dead-letter-bed.ts';
import { eventOf, post, type ServiceBed, withService } from './with-service.ts';

const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };
const basic = (password: string, user = 'night-shift') => ({
  authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
});
const PATHS = [
  '/admin',
  '/admin/',
  '/admin/dead-letters',
  '/admin/waiting',
  '/admin/rules',
  '/admin/conversations/c-1',
  '/admin/style.css',
];

async function withAdmin(work: (service: ServiceProcess, bed: ServiceBed) => Promise<void>): Promise<void> {
  await withService({ rules: RULES }, async (bed) => work(await bed.start({ env: { ADMIN_TOKEN } }), bed));
}

async function read(service: ServiceProcess, path: string): Promise<string> {
  const response = await fetch(`${service.url}/admin${path}`, { headers: bearer });
  expect([path, response.status]).toEqual([path, 200]);
  return response.text();
}

/** The ids of the dead letters of a page, newest first. */
async function idsOn(service: ServiceProcess, path = '/dead-letters'): Promise<string[]> {
  return [...(await read(service, path)).matchAll(/name="id" value="([^"]+)"/g)].map(([, id = '']) => id);
}

/** A worker moves a dead letter to the failed ones after it was added. */
function idsOfTwo(service: ServiceProcess): Promise<string[]> {
  return waitUntil(async () => {
    const ids = await idsOn(service);
    return ids.length === 2 && ids;
  });
}

function change(service: ServiceProcess, form: readonly (readonly [string, string])[], headers: Record<string, string> = {}) {
  return fetch(`${service.url}/admin/dead-letters`, {
    method: 'POST',
    body: new URLSearchParams(form.map(([name, value]): [string, string] => [name, value])),
    headers: { ...basic(ADMIN_TOKEN), ...headers },
    redirect: 'manual',
  });
}

describe('/admin', () => {
  it.each(['receiver', 'worker', 'all'])('does not exist without ADMIN_TOKEN (role %s)', async (ROLE) => {
    await withService({ rules: RULES }, async ({ start }) => {
      const service = await start({ env: { ROLE } });
      for (const path of PATHS) {
        const response = await fetch(service.url + path, { headers: bearer });
        expect(response.status).toBe(404);
        expect(await response.json()).toMatchObject({ code: 'not-found' });
      }
    });
  });

  it.each(['receiver', 'worker'])('is there in the role %s', async (ROLE) => {
    await withService({ rules: RULES }, async ({ start }) => {
      const service = await start({ env: { ROLE, ADMIN_TOKEN } });
      expect(await read(service, '/rules')).toContain('<strong>tag</strong>');
    });
  });

  // SECURITY.md: guessed-admin-token
  it('asks for the token, whatever the path and however it is wrong, and keeps a browser safe', async () => {
    await withAdmin(async (service) => {
      const wrong = [{}, basic('wrong'), basic(''), { authorization: `Bearer ${ADMIN_TOKEN}x` }, { authorization: 'Basic' }];
      for (const path of PATHS) {
        for (const headers of wrong) {
          const response = await fetch(service.url + path, { headers: headers as Record<string, string> });
          expect(response.status).toBe(401);
          expect(response.headers.get('www-authenticate')).toMatch(/^Basic /);
          expect(await response.json()).toMatchObject({ code: 'not-authenticated' });
        }
        for (const headers of [bearer, basic(ADMIN_TOKEN)]) {
          const response = await fetch(service.url + path, { headers });
          expect([path, response.status]).toEqual([path, 200]);
          expect(response.headers.get('content-security-policy')).toMatch(
            /^default-src 'none'; style-src 'self'.*frame-ancestors 'none'/,
          );
          expect(response.headers.get('x-content-type-options')).toBe('nosniff');
          const caching = path.endsWith('.css') ? 'private, max-age=3600' : 'no-store';
          expect(response.headers.get('cache-control')).toBe(caching);
        }
      }
      expect(JSON.stringify([service.logs, service.output])).not.toContain(ADMIN_TOKEN);
    });
  });

  it('finds a conversation by any id, and shows no value of its events', async () => {
    await withAdmin(async (service, bed) => {
      const [first = '', second = ''] = await deadLetterTwo(service, bed);
      await idsOfTwo(service);
      const story = await waitUntil(async () => {
        const text = await read(service, `/conversations/${first}`);
        return text.includes('dead-lettered') && text;
      });
      expect(story).toContain('400 bad.request: not like this');
      const [, traceId = ''] = /trace <span class="id">([0-9a-f]{32})/.exec(story) ?? [];
      const found = await fetch(`${service.url}/admin?q=${traceId}`, { headers: bearer, redirect: 'manual' });
      expect([found.status, found.headers.get('location')]).toEqual([303, `/admin/conversations/${first}`]);
      const searched = await read(service, '?reason=refused');
      expect([searched.includes(first), searched.includes(second)]).toEqual([true, true]);
      expect(await read(service, '?q=nothing-like-it')).toContain('Nothing was found');
      const list = await read(service, `/dead-letters?conversation=${first}`);
      expect([list.includes(first), list.includes(second)]).toEqual([true, false]);
      for (const shown of [story, searched, list]) expect(shown).not.toContain(HIDDEN_VALUE);
    });
  });

  it('changes the selected dead letters, or all that fit once their number is typed; the log says which and who', async () => {
    await withAdmin(async (service, bed) => {
      await deadLetterTwo(service, bed);
      const [newest = '', oldest = ''] = await idsOfTwo(service);
      expect((await change(service, [['do', 'drop']])).status).toBe(400);
      expect(
        (
          await change(service, [
            ['do', 'erase'],
            ['id', newest],
          ])
        ).status,
      ).toBe(400);
      expect(
        (
          await change(service, [
            ['do', 'drop-all'],
            ['confirm', '1'],
          ])
        ).status,
      ).toBe(400);
      expect(await idsOn(service)).toEqual([newest, oldest]);
      const dropped = await change(service, [
        ['do', 'drop'],
        ['id', newest],
      ]);
      expect([dropped.status, dropped.headers.get('location')]).toEqual([303, '/admin/dead-letters?done=drop&count=1']);
      const line = { msg: 'dead letters changed on the admin page', change: 'drop', who: 'night-shift', count: 1, ids: [newest] };
      expect(await service.waitForLog((each) => each.msg === line.msg)).toMatchObject(line);
      expect(await idsOn(service)).toEqual([oldest]);
      expect(
        (
          await change(service, [
            ['do', 'retry-all'],
            ['confirm', '1'],
          ])
        ).status,
      ).toBe(303);
      await waitUntil(async () => (await idsOn(service)).length === 0);
    });
  });

  it('shows what waits and why, and wakes it', async () => {
    await withAdmin(async (service, { simulator }) => {
      const { id } = simulator.createConversation({ participants: [{ purpose: 'customer' }] });
      simulator.addFault({ call: 'get-conversation', status: 429, retryAfterSeconds: 3600, times: 1 });
      await post(service, eventOf(id, 'customer.start', { tier: HIDDEN_VALUE }));
      const waiting = await waitUntil(async () => {
        const text = await read(service, '/waiting');
        return text.includes(id) && text.includes('429') && text;
      });
      expect(waiting).toMatch(/waits<\/span> until/);
      const body = new URLSearchParams({ do: 'wake', conversation: id });
      const woken = await fetch(`${service.url}/admin/waiting`, { method: 'POST', body, headers: bearer, redirect: 'manual' });
      expect([woken.status, woken.headers.get('location')]).toEqual([303, '/admin/waiting?done=wake&count=1']);
      await service.waitForLog((line) => line.msg === 'conversations woken on the admin page' && line.count === 1);
    });
  });

  // SECURITY.md: cross-site
  it('refuses a change that another site makes the browser ask for', async () => {
    await withAdmin(async (service, bed) => {
      await deadLetterTwo(service, bed);
      const [id = ''] = await idsOfTwo(service);
      const elsewhere = [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'https://evil.example' },
      ];
      for (const headers of elsewhere) {
        const response = await change(
          service,
          [
            ['do', 'drop'],
            ['id', id],
          ],
          headers as Record<string, string>,
        );
        expect(response.status).toBe(403);
        expect(await response.json()).toMatchObject({ code: 'cross-site' });
      }
      expect(await idsOn(service)).toHaveLength(2);
    });
  });

  it('responds 503 while Redis is away, also from the start, and works again after it', async () => {
    const redis = await startRedisChild();
    try {
      await withService({ rules: RULES, redisUrl: redis.url }, async ({ start }) => {
        await redis.kill();
        const service = await start({ until: 'listening', env: { ADMIN_TOKEN } });
        const response = await fetch(`${service.url}/admin/dead-letters`, { headers: bearer });
        expect(response.status).toBe(503);
        expect(await response.json()).toMatchObject({ code: 'store-unavailable' });
        await redis.restart();
        await waitUntil(async () => (await fetch(`${service.url}/admin/dead-letters`, { headers: bearer })).ok);
      });
    } finally {
      await redis.stop();
    }
  });
});
