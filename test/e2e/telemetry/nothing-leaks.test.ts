import { Queue } from 'bullmq';
import { Redis } from 'ioredis';
import { expect, it } from 'vitest';
import { type DeliveryAnswer, sendDelivery } from '../../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../../harness/service-process.ts';
import { waitUntil } from '../../../harness/wait-until.ts';
import { WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import { signDelivery } from '../../../simulator/sign-delivery.ts';
import { eventOf, SECRET } from '../with-service.ts';
import { ADMIN_TOKEN, API_KEY, type TracedBed, withTracedService } from './traced-service.ts';

/** What an event holds, what a rule makes of it, and what a command holds: all of them become attributes or notes. */
const EVENT_VALUE = 'value-from-the-event';
const RENDERED_VALUE = `made-of-${EVENT_VALUE.toUpperCase()}`;
const LITERAL_VALUE = 'value-from-the-rules-file';
const COMMAND_VALUE = 'value-from-a-command';
const COMMAND_NOTES = 'notes from a command';
const CALLER = '+13175550143';

const topicOf = (kind: string) => `{ topic: "v2.detail.events.conversation.*.${kind}" }`;
const RULES = `
rules:
  - name: tag
    when: ${topicOf('customer.start')}
    target: { purpose: customer }
    actions:
      - setAttributes: { literal: ${LITERAL_VALUE}, plain: "\${event.body.tier}", made: "made-of-\${event.body.tierUpper}" }
  - name: number
    when: ${topicOf('acd.start')}
    target: { purpose: customer }
    actions:
      - setAttributes: { number: "\${int(event.body.tier)}" }
  - name: conditional
    when: { topic: "v2.detail.events.conversation.*.flow.start", if: "int(event.body.tier) > 1" }
    actions:
      - setAttributes: { literal: ${LITERAL_VALUE} }
  - name: last-writer
    when: ${topicOf('acw')}
    target: { purpose: customer }
    actions:
      - setAttributes: { plain: "\${event.body.tier}" }
  - name: nobody
    when: ${topicOf('flow.end')}
    target: { purpose: supervisor }
    actions:
      - setAttributes: { literal: ${LITERAL_VALUE} }
`;

/** Plays one conversation for each way in which an action can end, and keeps what the service answered. */
class Play {
  readonly answers: DeliveryAnswer[] = [];
  readonly #bed: TracedBed;
  readonly #service: ServiceProcess;

  constructor(bed: TracedBed, service: ServiceProcess) {
    this.#bed = bed;
    this.#service = service;
  }

  createCall(participant: object = {}): string {
    return this.#bed.simulator.createConversation({ participants: [{ purpose: 'customer', ...participant }] }).id;
  }

  event(conversationId: string, kind = 'customer.start', more: Readonly<Record<string, unknown>> = {}): string {
    return eventOf(conversationId, kind, { tier: EVENT_VALUE, tierUpper: EVENT_VALUE.toUpperCase(), ani: CALLER, ...more });
  }

  async post(body: string, path = '/webhooks/genesys', options: Parameters<typeof sendDelivery>[2] = { secret: SECRET }) {
    this.answers.push(await sendDelivery(this.#service.url + path, body, options));
  }

  /** Posts and waits until the log tells that reason for an action of the conversation. */
  async until(conversationId: string, reason: string, body: string, path?: string): Promise<void> {
    await this.post(body, path);
    await this.#service.waitForLog(
      (line) =>
        line.msg === 'event processed' &&
        line.conversationId === conversationId &&
        (line.outcomes as { reason: string }[]).some((outcome) => outcome.reason === reason),
    );
  }

  /** Genesys refuses the next write, and its message repeats what was sent. */
  refuse(conversationId: string, status: number, sent: readonly string[]): void {
    const message = `${sent.join(' and ')} are not allowed`;
    this.#bed.simulator.addFault({ call: 'patch-attributes', conversationId, status, message });
  }

  async outcomesOfEvents(): Promise<void> {
    const [applied, old, ended, refused, failing] = Array.from({ length: 5 }, () => this.createCall());
    if (!applied || !old || !ended || !refused || !failing) throw new Error('no conversations');
    const sent = [LITERAL_VALUE, EVENT_VALUE, RENDERED_VALUE];
    await this.until(applied, 'written', this.event(applied));
    await this.until(applied, 'already-set', this.event(applied));
    await this.until(old, 'too-old', this.event(old, 'customer.start', { eventTime: Date.now() - 48 * 3_600_000 }));
    const gone = this.createCall();
    this.#bed.simulator.endConversation(gone);
    await this.until(gone, 'conversation-ended', this.event(gone));
    this.refuse(refused, 400, sent);
    await this.until(refused, 'refused', this.event(refused));
    this.refuse(failing, 500, sent);
    await this.until(failing, 'attempts-exhausted', this.event(failing));
    await this.until(ended, 'expression-failed', this.event(ended, 'acd.start'));
    await this.until(ended, 'participant-not-found', this.event(ended, 'flow.end'));
    await this.post(this.event(ended, 'flow.start'));
    const overwritten = [this.event(failing, 'acw'), this.event(failing, 'acw', { tier: 'other' })];
    await this.until(failing, 'superseded', `[${overwritten.join()}]`);
  }

  async outcomesOfCommands(): Promise<void> {
    const conversationId = this.createCall();
    const path = `/conversations/${conversationId}/actions`;
    const command = (actions: readonly object[]) => JSON.stringify({ conversationId, target: { purpose: 'customer' }, actions });
    const attributes = { setAttributes: { tier: COMMAND_VALUE } };
    await this.until(conversationId, 'written', command([attributes]), path);
    this.refuse(conversationId, 400, [`${COMMAND_VALUE}-2`]);
    const wrapup = { applyWrapup: { code: WRAPUP_CODES.resolved.id, notes: COMMAND_NOTES } };
    await this.until(conversationId, 'refused', command([{ setAttributes: { tier: `${COMMAND_VALUE}-2` } }, wrapup]), path);
    await this.post(command([{ setAttributes: { tier: { deep: COMMAND_VALUE } }, colour: COMMAND_VALUE }]), path);
  }

  async refusedRequests(): Promise<void> {
    const event = this.event('c-1');
    await this.post(event, undefined, { secret: `${SECRET}-of-a-stranger` });
    await this.post(event, undefined, { headers: { 'x-api-key': `${API_KEY}x` } });
    await this.post(`{"tier":"${EVENT_VALUE}"}`);
    await this.post(`{"tier":"${EVENT_VALUE}"`);
    await this.post(event, undefined, { secret: SECRET, headers: { 'content-type': `text/${EVENT_VALUE}` } });
    await this.post(event, `/conversations/${encodeURIComponent(' ')}/actions`);
  }
}

/** As they are stored; `failedReason` is what tools for BullMQ show first. */
async function storedDeadLetters({ redisUrl, prefix }: TracedBed) {
  const connection = new Redis(redisUrl, { maxRetriesPerRequest: null });
  const queue = new Queue('dead-letters', { connection, prefix });
  try {
    const jobs = await waitUntil(async () => {
      const failed = await queue.getFailed();
      return failed.length >= 5 && failed;
    });
    return jobs.map((job) => ({ kind: String(job.data.entry.work.kind), reason: job.failedReason, text: JSON.stringify(job) }));
  } finally {
    await queue.close();
    connection.disconnect();
  }
}

/** What people see of it on the admin page. */
async function adminText(service: ServiceProcess): Promise<string> {
  return (await fetch(`${service.url}/admin/dead-letters`, { headers: { authorization: `Bearer ${ADMIN_TOKEN}` } })).text();
}

function found(values: readonly string[], places: Readonly<Record<string, string>>): string[] {
  return Object.entries(places).flatMap(([place, text]) => {
    expect(text, place).not.toBe('');
    return values.filter((value) => text.includes(value)).map((value) => `${value} in ${place}`);
  });
}

function accessTokensOf({ simulator }: TracedBed): string[] {
  const headers = simulator.journal().flatMap(({ rawHeaders = [] }) => rawHeaders);
  return [...new Set(headers.filter((text) => text.startsWith('Bearer ')).map((text) => text.slice('Bearer '.length)))];
}

it('no secret, token or attribute value is in anything that the service writes, however an action ends', async () => {
  await withTracedService({ rules: RULES, simulator: { recordRawHeaders: true } }, async (bed) => {
    const env = { LOG_LEVEL: 'debug', OTEL_LOG_LEVEL: 'debug', JOB_ATTEMPTS: '1' };
    const service = await bed.start({ env });
    const play = new Play(bed, service);
    const signed = play.event(play.createCall());
    const signature = Object.values(signDelivery(SECRET, signed)).map((value) => value.replace('sha256=', ''));
    await play.post(signed);
    await play.outcomesOfEvents();
    await play.outcomesOfCommands();
    await play.refusedRequests();
    const letters = await storedDeadLetters(bed);
    const metrics = await (await fetch(`${service.url}/metrics`)).text();
    const admin = await adminText(service);
    await service.stop();

    const tokens = accessTokensOf(bed);
    expect(tokens).not.toEqual([]);
    const secrets = [SECRET, API_KEY, ADMIN_TOKEN, bed.simulator.clientSecret, ...tokens, ...signature];
    const values = [EVENT_VALUE, RENDERED_VALUE, LITERAL_VALUE, COMMAND_VALUE, COMMAND_NOTES, CALLER];
    const written = {
      logs: [...service.logs.map((line) => JSON.stringify(line)), ...service.output].join('\n'),
      'spans and pushed metrics': Buffer.concat(bed.otlp.bodies()).toString('utf8'),
      '/metrics': metrics,
      answers: JSON.stringify(play.answers.map(({ body, headers }) => [body, [...headers]])),
      admin,
      'reasons of dead letters': letters.map(({ reason }) => reason).join('\n'),
    };
    expect(found([...secrets, ...values], written)).toEqual([]);

    // A dead letter is replayed from what is stored: the event as it came, and the whole of a command. What a rule made of an
    // event is made again, and so is never stored.
    const ofKind = (kind: string) => letters.filter((letter) => letter.kind === kind).map(({ text }) => text);
    const stored = {
      'dead letters of events': ofKind('rules').join('\n'),
      'dead letters of commands': ofKind('command').join('\n'),
    };
    expect(found([...secrets, RENDERED_VALUE, LITERAL_VALUE], stored)).toEqual([]);
    expect(new Set(play.answers.map(({ status }) => status))).toEqual(new Set([202, 400, 401, 415]));
  });
});
