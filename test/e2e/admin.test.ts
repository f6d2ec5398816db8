import { describe, expect, it } from 'vitest';
import { startRedisChild } from '../../harness/redis.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { ADMIN_TOKEN, deadLetterTwo, HIDDEN_VALUE, RULES } from './dead-letter-bed.ts';
import { type ServiceBed, withService } from './with-service.ts';

const bearer = { authorization: `Bearer ${ADMIN_TOKEN}` };
const basic = (password: string) => ({ authorization: `Basic ${Buffer.from(`anyone:${password}`).toString('base64')}` });

async function withBoard(work: (service: ServiceProcess, bed: ServiceBed) => Promise<void>): Promise<void> {
  await withService({ rules: RULES }, async (bed) => work(await bed.start({ env: { ADMIN_TOKEN } }), bed));
}

/** The queues as the board's page gets them. */
async function readBoard(service: ServiceProcess) {
  const answer = await fetch(`${service.url}/admin/api/queues?activeQueue=dead-letters&status=failed&page=1&jobsPerPage=10`, {
    headers: bearer,
  });
  expect(answer.status).toBe(200);
  const text = await answer.text();
  const { queues } = JSON.parse(text) as { queues: { name: string; readOnlyMode: boolean; jobs: { id: string }[] }[] };
  return { text, queues, jobs: queues.find(({ name }) => name === 'dead-letters')?.jobs ?? [] };
}

/** A worker moves a dead letter to the failed ones after it was added. */
function readTwo(service: ServiceProcess) {
  return waitUntil(async () => {
    const board = await readBoard(service);
    return board.jobs.length === 2 && board;
  });
}

function change(service: ServiceProcess, path: string, headers: Record<string, string> = bearer, method = 'PUT') {
  return fetch(`${service.url}/admin/api/queues/${path}`, { method, headers });
}

describe('/admin', () => {
  it.each(['receiver', 'worker', 'all'])('does not exist without ADMIN_TOKEN (role %s)', async (ROLE) => {
    await withService({ rules: RULES }, async ({ start }) => {
      const service = await start({ env: { ROLE } });
      for (const path of ['/admin', '/admin/', '/admin/api/queues']) {
        const answer = await fetch(service.url + path, { headers: bearer });
        expect(answer.status).toBe(404);
        expect(answer.headers.get('content-type')).toContain('application/problem+json');
        expect(await answer.json()).toMatchObject({ code: 'not-found' });
      }
    });
  });

  it.each(['receiver', 'worker'])('is there in the role %s', async (ROLE) => {
    await withService({ rules: RULES }, async ({ start }) => {
      const service = await start({ env: { ROLE, ADMIN_TOKEN } });
      expect((await readBoard(service)).queues.map(({ name }) => name)).toEqual(['dead-letters', 'conversations']);
    });
  });

  it('asks for the token, whatever the path and however it is wrong', async () => {
    await withBoard(async (service) => {
      const wrong = [{}, basic('wrong'), basic(''), { authorization: `Bearer ${ADMIN_TOKEN}x` }, { authorization: 'Basic' }];
      const paths = ['/admin', '/admin/', '/admin/queue/dead-letters', '/admin/api/queues', '/admin/static/favicon.ico'];
      for (const path of paths) {
        for (const headers of wrong) {
          const answer = await fetch(service.url + path, { headers: headers as Record<string, string> });
          expect(answer.status).toBe(401);
          expect(answer.headers.get('www-authenticate')).toMatch(/^Basic /);
          expect(answer.headers.get('content-type')).toContain('application/problem+json');
          expect(await answer.json()).toMatchObject({ code: 'not-authenticated' });
        }
      }
      for (const headers of [bearer, basic(ADMIN_TOKEN)]) {
        expect((await fetch(`${service.url}/admin`, { headers })).status).toBe(200);
      }
      expect(JSON.stringify([service.logs, service.output])).not.toContain(ADMIN_TOKEN);
    });
  });

  it('sends what keeps a browser safe, and lets only assets be kept', async () => {
    await withBoard(async (service) => {
      const [page, data, asset] = await Promise.all(
        ['/admin/', '/admin/api/queues', '/admin/static/images/logo.svg'].map((path) =>
          fetch(service.url + path, { headers: bearer }),
        ),
      );
      for (const answer of [page, data, asset]) {
        expect(answer?.status).toBe(200);
        expect(answer?.headers.get('content-security-policy')).toMatch(/default-src 'none'.*frame-ancestors 'none'/);
        expect(answer?.headers.get('x-content-type-options')).toBe('nosniff');
        expect(answer?.headers.get('referrer-policy')).toBe('no-referrer');
      }
      expect([page, data].map((answer) => answer?.headers.get('cache-control'))).toEqual(['no-store', 'no-store']);
      expect(asset?.headers.get('cache-control')).toMatch(/^private, max-age=\d+$/);
    });
  });

  it('shows dead letters without a value of the event or of an attribute', async () => {
    await withBoard(async (service, bed) => {
      await deadLetterTwo(service, bed);
      const { text, jobs } = await readTwo(service);
      const job = await (await fetch(`${service.url}/admin/api/queues/dead-letters/${jobs[0]?.id}`, { headers: bearer })).text();
      for (const shown of [text, job]) {
        expect(shown).toContain('400 bad.request: not like this');
        expect(shown).not.toContain(HIDDEN_VALUE);
        expect(shown).not.toContain('node_modules');
      }
    });
  });

  it('allows nothing but retrying and dropping dead letters', async () => {
    await withBoard(async (service, bed) => {
      await deadLetterTwo(service, bed);
      const { jobs } = await readTwo(service);
      const id = jobs[0]?.id ?? '';
      const refused = [
        'dead-letters/pause',
        'dead-letters/empty',
        'dead-letters/obliterate',
        'dead-letters/clean/waiting',
        `dead-letters/${id}/promote`,
      ];
      for (const path of refused) {
        const answer = await change(service, path);
        expect(answer.status).toBe(403);
        expect(await answer.json()).toMatchObject({ code: 'admin-change-refused' });
      }
      expect((await change(service, `dead-letters/${id}/update-data`, bearer, 'PATCH')).status).toBe(403);
      expect((await change(service, 'conversations/clean/failed')).status).toBe(405);
      expect((await readBoard(service)).jobs).toHaveLength(2);
      expect((await change(service, `dead-letters/${id}/clean`)).status).toBe(204);
      expect(await service.waitForLog((line) => line.msg === 'changed on the board')).toMatchObject({ jobId: id });
      expect((await readBoard(service)).jobs).toHaveLength(1);
    });
  });

  it('refuses a change that another site makes the browser ask for', async () => {
    await withBoard(async (service, bed) => {
      await deadLetterTwo(service, bed);
      await readTwo(service);
      const elsewhere = [
        { 'sec-fetch-site': 'cross-site' },
        { 'sec-fetch-site': 'same-site' },
        { origin: 'https://evil.example' },
      ];
      for (const headers of elsewhere) {
        const answer = await change(service, 'dead-letters/retry/failed', { ...basic(ADMIN_TOKEN), ...headers });
        expect(answer.status).toBe(403);
        expect(await answer.json()).toMatchObject({ code: 'cross-site' });
      }
      expect((await readBoard(service)).jobs).toHaveLength(2);
    });
  });

  it('answers 503 while Redis is away, and works again after it', async () => {
    const redis = await startRedisChild();
    try {
      await withService({ rules: RULES, redisUrl: redis.url }, async ({ start }) => {
        const service = await start({ env: { ADMIN_TOKEN } });
        await readBoard(service);
        await redis.kill();
        const answer = await fetch(`${service.url}/admin/api/queues`, { headers: bearer });
        expect(answer.status).toBe(503);
        expect(await answer.json()).toMatchObject({ code: 'store-unavailable' });
        expect((await fetch(`${service.url}/admin/`, { headers: bearer })).status).toBe(200);
        await redis.restart();
        await waitUntil(async () => (await fetch(`${service.url}/admin/api/queues`, { headers: bearer })).ok);
      });
    } finally {
      await redis.stop();
    }
  });

  it('can be started without Redis', async () => {
    const redis = await startRedisChild();
    try {
      await withService({ rules: RULES, redisUrl: redis.url }, async ({ start }) => {
        await redis.kill();
        const service = await start({ until: 'listening', env: { ADMIN_TOKEN } });
        expect((await fetch(`${service.url}/admin/api/queues`, { headers: bearer })).status).toBe(503);
        await redis.restart();
        await waitUntil(async () => (await fetch(`${service.url}/admin/api/queues`, { headers: bearer })).ok);
      });
    } finally {
      await redis.stop();
    }
  });
});
