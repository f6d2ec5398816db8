import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { CAUSES, RULES, sendEvent } from './causes.ts';
import { type ServiceBed, withService } from './with-service.ts';

const API_KEY = 'an-api-key-of-more-than-16-bytes';

interface Ran {
  readonly code: number;
  readonly text: string;
}

function why(id: string, bed: ServiceBed, env: Readonly<Record<string, string>> = {}): Promise<Ran> {
  return new Promise((resolve) => {
    const options = { cwd: CHECKOUT, env: { ...bed.env, ...env } };
    execFile(process.execPath, ['scripts/why.ts', id], options, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), text: stdout + stderr }),
    );
  });
}

/** What `why` prints once the story says how the event ended, waits or was ignored: a line is stored a moment after that. */
async function explains(id: string, bed: ServiceBed, service: ServiceProcess): Promise<string> {
  const url = `${service.url}/conversations/${id}/story`;
  await waitUntil(
    async () => {
      const { events = [] } = (await (await fetch(url, { headers: { 'x-api-key': API_KEY } })).json()) as { events?: Told[] };
      return events.some(({ status, endedAt, waits }) => status === 'ignored' || endedAt !== null || waits.length > 0);
    },
    { what: `the story of ${id}` },
  );
  return (await why(id, bed)).text;
}

type Told = { readonly status: string; readonly endedAt: string | null; readonly waits: readonly unknown[] };

/** Rules of a topic of which another one matches: one whose condition is false, and one whose condition can't be evaluated. */
const OTHER_RULES = `
  - name: outbound
    when: { topic: "v2.detail.events.conversation.*.customer.start", if: 'event.direction == "OUTBOUND"' }
    actions: [{ setAttributes: { way: out } }]
  - name: broken
    when: { topic: "v2.detail.events.conversation.*.customer.start", if: 'event.body.nothing.here == 1' }
    actions: [{ setAttributes: { way: none } }]
`;

/** The cause, and what to do. */
const withAdvice = (named: RegExp) => new RegExp(`${named.source}.*do: `, 's');

describe('npm run why', () => {
  it('names the cause, from the conversation alone', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start({ env: { WEBHOOK_API_KEYS: API_KEY } });
      for (const cause of CAUSES) {
        const conversationId = await sendEvent(bed, service, cause);
        const text = await explains(conversationId, bed, service);
        expect(text).toMatch(withAdvice(cause.named));
        expect(text).toContain(`conversation ${conversationId}`);
      }
    });
  });

  it('takes a trace id in hex and in decimal, and says when nothing is known or Redis is down', async () => {
    await withService({ rules: RULES + OTHER_RULES }, async (bed) => {
      const service = await bed.start({ env: { WEBHOOK_API_KEYS: API_KEY } });
      const conversationId = await sendEvent(bed, service, { event: { kind: 'customer.start' } });
      const text = await explains(conversationId, bed, service);
      expect(text).toContain('applied (written)');
      expect(text).toMatch(/customer\.start {2}accepted over HTTP/);
      expect(text).toMatch(/rule tag: matched\s+rule outbound: did not match: its condition \(when\.if\) was false/);
      expect(text).toMatch(/rule broken: did not match: its condition \(when\.if\) could not be evaluated/);
      expect(text).toMatch(/patch-attributes 202 \([0-9a-f-]{36}\)/);
      const [, traceId = ''] = /trace ([0-9a-f]{32})/.exec(text) ?? [];
      const decimal = BigInt(`0x${traceId.slice(16)}`).toString(10);
      const story = await fetch(`${service.url}/conversations/${conversationId}/story`, { headers: { 'x-api-key': API_KEY } });
      expect([story.status, await story.json()]).toMatchObject([
        200,
        { conversationId, events: [{ status: 'accepted', traceId }] },
      ]);
      for (const headers of [{}, { 'x-api-key': `${API_KEY}x` }]) {
        const refused = await fetch(`${service.url}/conversations/${conversationId}/story`, { headers });
        expect(refused.status).toBe(401);
      }
      for (const id of [traceId, decimal]) expect((await why(id, bed)).text).toContain(`conversation ${conversationId}`);
      expect(await why('nothing-like-it', bed)).toMatchObject({
        code: 1,
        text: expect.stringMatching(/Nothing is known.*do: /s),
      });
      const away = await why('c-1', bed, { REDIS_URL: 'redis://127.0.0.1:1' });
      expect(away).toMatchObject({ code: 1, text: expect.stringMatching(/Redis at redis:\/\/127\.0\.0\.1:1 can't be used/) });
    });
  });
});
