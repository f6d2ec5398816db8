import { execFile } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { CHECKOUT } from '../../harness/checkout.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import type { FaultSpec } from '../../simulator/faults.ts';
import { eventOf, post, type ServiceBed, withService } from './with-service.ts';

const QUEUE = '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e4f';
const RULES = `
rules:
  - name: tag
    when: { topic: "v2.detail.events.conversation.*.customer.start", if: 'event.mediaType == "VOICE"' }
    target: { purpose: customer }
    actions: [{ setAttributes: { tier: gold } }]
  - name: wrap-up
    when: { topic: "v2.detail.events.conversation.*.user.end" }
    target: { purpose: agent }
    actions: [{ applyWrapup: { code: No such code } }]
  - name: escalate
    when: { topic: "v2.detail.events.conversation.*.acd.end" }
    actions: [{ transfer: { queueId: ${QUEUE} } }]
`;

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

/** Asks until the answer holds `expected`: a line is stored a moment after what it reports. */
async function explains(id: string, bed: ServiceBed, expected: RegExp): Promise<string> {
  return waitUntil(
    async () => {
      const { text } = await why(id, bed);
      return expected.test(text) && text;
    },
    { what: `"${expected.source}" in what npm run why prints of ${id}`, timeoutMs: 20_000 },
  );
}

interface Cause {
  readonly name: string;
  readonly fault?: FaultSpec;
  readonly event: {
    readonly kind: string;
    readonly body?: Readonly<Record<string, unknown>>;
    readonly purposes?: readonly string[];
  };
  readonly expected: RegExp;
}

const CAUSES: readonly Cause[] = [
  {
    name: 'a missing permission',
    fault: { call: 'patch-attributes', status: 403, code: 'missing.permissions', times: 1 },
    event: { kind: 'customer.start' },
    expected: /permission-missing.*do: /s,
  },
  { name: 'a wrong wrap-up code', event: { kind: 'user.end' }, expected: /wrapup-code-unknown.*No such code.*do: /s },
  { name: 'a queue that is gone', event: { kind: 'acd.end' }, expected: /queue-not-found.*there is no queue.*do: /s },
  {
    name: 'a participant that is not there',
    event: { kind: 'customer.start', purposes: ['agent'] },
    expected: /participant-not-found.*do: /s,
  },
  {
    name: 'no rule that matches',
    event: { kind: 'customer.start', body: { mediaType: 'CHAT' } },
    expected: /no rule matched; the condition \(when\.if\) of tag was false.*do: /s,
  },
  { name: 'no rule of the topic', event: { kind: 'contact' }, expected: /no rule has this topic.*do: /s },
  // The last one: it stops every call.
  {
    name: 'a 429 for two hours',
    fault: { call: 'get-conversation', status: 429, retryAfterSeconds: 7200 },
    event: { kind: 'customer.start' },
    expected: /waits until .*429/,
  },
];

/** An event of a new call; returns its conversation. */
async function sendEvent({ simulator }: ServiceBed, service: ServiceProcess, { fault, event }: Omit<Cause, 'name' | 'expected'>) {
  if (fault !== undefined) simulator.addFault(fault);
  const participants = (event.purposes ?? ['customer', 'agent']).map((purpose) => ({ purpose }));
  const { id } = simulator.createConversation({ participants });
  await post(service, eventOf(id, event.kind, event.body));
  return id;
}

describe('npm run why', () => {
  it('names the cause, from the conversation alone', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start();
      for (const cause of CAUSES) {
        const conversationId = await sendEvent(bed, service, cause);
        expect(await explains(conversationId, bed, cause.expected)).toContain(`conversation ${conversationId}`);
      }
    });
  });

  it('takes a trace id in hex and in decimal, and says when nothing is known or Redis is down', async () => {
    await withService({ rules: RULES }, async (bed) => {
      const service = await bed.start({ env: { WEBHOOK_API_KEYS: API_KEY } });
      const conversationId = await sendEvent(bed, service, { event: { kind: 'customer.start' } });
      const text = await explains(conversationId, bed, /applied \(written\)/);
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
