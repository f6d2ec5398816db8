import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type DeliveryAnswer, sendDelivery } from '../../harness/send-delivery.ts';
import type { ServiceProcess } from '../../harness/service-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import type { CallScript } from '../../simulator/place-call.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { SECRET, type ServiceBed, withService } from './with-service.ts';

const page = readFileSync(join(import.meta.dirname, '..', '..', 'docs', 'recipes.md'), 'utf8');
const API_KEY = 'an-api-key-of-more-than-16-bytes';
const { support, escalations } = QUEUES;

/** The fenced block of a recipe, as it is written on the page. */
function blockOf(recipe: string, language: string): string {
  const section = page.split(/^## /m).find((text) => text.startsWith(`${recipe}\n`));
  const [, block] = new RegExp(`^\`\`\`${language}\n(.*?)^\`\`\``, 'ms').exec(section ?? '') ?? [];
  if (block === undefined) throw new Error(`docs/recipes.md has no ${language} block under "${recipe}"`);
  return block;
}

/** A line of the log. */
interface Processed {
  readonly conversationId: string;
  readonly outcomes: readonly { readonly action: string; readonly outcome: string; readonly reason: string }[];
  readonly traceId: string;
}

/** Plays calls through a service that has the rules of a recipe; answers each with what was done for it. */
async function play(bed: ServiceBed, service: ServiceProcess, calls: readonly CallScript[]) {
  bed.simulator.setWebhook({ url: `${service.url}/webhooks/genesys`, secret: SECRET, transientParticipantIds: true });
  const ids: string[] = [];
  for (const call of calls) ids.push((await bed.simulator.placeCall(call)).conversationId);
  await everythingProcessed(bed, service);
  return ids.map((id) => ({
    id,
    processed: processedLines(service).filter(({ conversationId }) => conversationId === id),
    participant: (purpose: string) => bed.simulator.conversation(id)?.participants.findLast((each) => each.purpose === purpose),
  }));
}

async function everythingProcessed(bed: ServiceBed, service: ServiceProcess): Promise<void> {
  await bed.simulator.eventsDelivered();
  expect(new Set(bed.simulator.deliveries().map(({ status }) => status))).toEqual(new Set([202]));
  const accepted = await acceptedEvents(service);
  await waitUntil(() => processedLines(service).length === accepted, { what: `${accepted} events to be processed` });
}

function processedLines(service: ServiceProcess): readonly Processed[] {
  return service.logs.filter(({ msg }) => msg === 'event processed') as unknown as readonly Processed[];
}

/** Events that a rule matched, as the service counts them. */
async function acceptedEvents(service: ServiceProcess): Promise<number> {
  const metrics = await (await fetch(`${service.url}/metrics`)).text();
  const counts = metrics.matchAll(/^hookpatch_events_total\{.*status="accepted".*\} (\d+)/gm);
  return [...counts].reduce((sum, [, count]) => sum + Number(count), 0);
}

interface DataAction {
  readonly config: {
    readonly request: {
      readonly requestUrlTemplate: string;
      readonly headers: Readonly<Record<string, string>>;
      readonly requestTemplate: string;
    };
  };
  readonly contract: {
    readonly input: { readonly inputSchema: { readonly required: readonly string[] } };
    readonly output: { readonly successSchema: { readonly properties: Readonly<Record<string, unknown>> } };
  };
}

/** Sends the request of a data action as Genesys Cloud does after it has filled in the templates. */
async function runDataAction(service: ServiceProcess, recipe: string, input: Readonly<Record<string, string>>) {
  const { config, contract } = JSON.parse(blockOf(recipe, 'json')) as DataAction;
  expect(Object.keys(input).toSorted()).toEqual(contract.input.inputSchema.required.toSorted());
  const fill = (template: string) =>
    template
      .replaceAll(/\$esc\.jsonString\(\$\{input\.(\w+)\}\)/g, (_, name) => JSON.stringify(input[name]).slice(1, -1))
      .replaceAll(/\$\{input\.(\w+)\}/g, (_, name) => input[name] ?? '')
      .replace('${credentials.apiKey}', API_KEY);
  const { requestUrlTemplate, headers, requestTemplate } = config.request;
  const url = fill(requestUrlTemplate).replace('https://hookpatch.example.com', service.url);
  const filled = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, fill(value)]));
  const answer = await sendDelivery(url, fill(requestTemplate), { headers: filled });
  expect(Object.keys(answer.body as object)).toEqual(Object.keys(contract.output.successSchema.properties));
  return answer as DeliveryAnswer & { readonly body: Readonly<Record<string, string>> };
}

/** The media that each recipe is played for. */
const MEDIA = ['voice', 'callback', 'chat', 'email', 'message'] as const;

describe('the recipes of docs/recipes.md', () => {
  it('tag calls for Datadog', async () => {
    await withService({ rules: blockOf('Tag calls for Datadog', 'yaml') }, async (bed) => {
      const [call, chat] = await play(bed, await bed.start(), [{ steps: [] }, { steps: [], media: 'chat' }]);
      expect(call?.processed).toMatchObject([{ outcomes: [{ outcome: 'applied', rule: 'tag-datadog' }] }]);
      const decimal = BigInt(`0x${call?.processed[0]?.traceId.slice(16)}`).toString();
      expect(call?.participant('customer')?.attributes).toEqual({
        'dd.trace_id': decimal,
        'dd.trace_url': `https://app.datadoghq.com/apm/trace/${decimal}`,
      });
      expect(chat?.processed).toEqual([]);
    });
  });

  it('tag calls for Jaeger', async () => {
    await withService({ rules: blockOf('Tag calls for Jaeger', 'yaml') }, async (bed) => {
      const played = await play(
        bed,
        await bed.start(),
        MEDIA.map((media) => ({ steps: [], media })),
      );
      for (const { processed, participant } of played) {
        expect(processed).toMatchObject([{ outcomes: [{ outcome: 'applied', rule: 'tag-jaeger' }] }]);
        const traceId = processed[0]?.traceId;
        expect(participant('customer')?.attributes).toEqual({
          'otel.traceId': traceId,
          'otel.traceparent': expect.stringMatching(new RegExp(`^00-${traceId}-[0-9a-f]{16}-0[01]$`)),
          'otel.traceUrl': `https://jaeger.example.com/trace/${traceId}`,
        });
      }
    });
  });

  it('wrap up abandoned calls', async () => {
    await withService({ rules: blockOf('Wrap up abandoned calls', 'yaml') }, async (bed) => {
      const ring = [
        { step: 'enter-queue', queueId: support.id },
        { step: 'alert-agent', userId: 'agent-1' },
      ] as const;
      const hungUp = [
        ...ring,
        { step: 'connect-agent' },
        { step: 'customer-hangs-up' },
        { step: 'end', lastedMs: 9_000 },
      ] as const;
      const missed = [...ring, { step: 'customer-hangs-up' }, { step: 'end', lastedMs: 9_000 }] as const;
      const others = [{ kind: 'answered' }, { kind: 'abandoned' }, { steps: missed }] as const;
      const played = await play(bed, await bed.start(), [...MEDIA.map((media) => ({ steps: hungUp, media })), ...others]);
      for (const abandoned of played.slice(0, MEDIA.length)) {
        expect(abandoned.processed).toMatchObject([{ outcomes: [{ action: 'applyWrapup', outcome: 'applied' }] }]);
        const notes = `The caller hung up first. Trace ${abandoned.processed[0]?.traceId}`;
        expect(abandoned.participant('agent')?.wrapup).toMatchObject({ code: WRAPUP_CODES.followUp.id, notes });
      }
      expect(played.slice(MEDIA.length).map(({ processed }) => processed)).toEqual([[], [], []]);
    });
  });

  it('escalate a VIP caller', async () => {
    await withService({ rules: blockOf('Escalate a VIP caller', 'yaml') }, async (bed) => {
      const service = await bed.start();
      const vips = MEDIA.map((media) => ({ kind: 'in-progress', media, customerAddress: 'tel:+13175550177' }) as const);
      const calls = [...vips, { kind: 'in-progress', customerAddress: 'tel:+13175550111' } as const];
      const played = await play(bed, service, calls);
      for (const { processed, participant } of played.slice(0, -1)) {
        expect(processed).toMatchObject([{ outcomes: [{ outcome: 'applied' }, { outcome: 'applied' }] }]);
        expect(participant('acd')?.queueId).toBe(escalations.id);
      }
      const [vip, other] = [played[0], played.at(-1)];
      expect(vip?.processed).toMatchObject([{ outcomes: [{ outcome: 'applied' }, { outcome: 'applied' }] }]);
      const agent = vip?.participant('agent');
      expect(agent).toMatchObject({ attributes: { vip: 'true', escalatedFrom: support.id }, endTime: expect.any(String) });
      expect(agent?.wrapup?.code).toBe(WRAPUP_CODES.escalated.id);
      expect(vip?.participant('acd')?.queueId).toBe(escalations.id);
      expect(other?.processed).toEqual([]);

      await bed.simulator.advance(vip?.id ?? '', { step: 'alert-agent', userId: 'agent-2' });
      await bed.simulator.advance(vip?.id ?? '', { step: 'connect-agent' });
      await everythingProcessed(bed, service);
      expect(processedLines(service)).toHaveLength(vips.length);
    });
  });

  it('act when the agent answers, with nothing but an OAuth client', async () => {
    const rules = blockOf('Act when the agent answers, with nothing but an OAuth client', 'yaml');
    await withService({ rules }, async ({ simulator, start }) => {
      const service = await start({ env: { WEBHOOK_SECRETS: '', GENESYS_NOTIFICATIONS: 'queues' } });
      await waitUntil(() => simulator.notificationChannels().some(({ connected }) => connected));
      const { conversationId } = await simulator.placeCall({ kind: 'waiting' });
      const { participants: [customer] = [] } = simulator.conversation(conversationId) ?? {};
      const answered = () => JSON.stringify(processedLines(service)).includes('note-answer');
      await simulator.advance(conversationId, { step: 'alert-agent', userId: 'agent-7' });
      await simulator.notificationsRead();
      expect([answered(), customer?.attributes.answeredBy]).toEqual([false, undefined]);
      await simulator.advance(conversationId, { step: 'connect-agent' });
      await waitUntil(answered, { what: 'the rule of the recipe' });
      expect(simulator.conversation(conversationId)?.participants[0]?.attributes).toEqual({ answeredBy: 'agent-7' });
    });
  });

  it('ask for the trace and for a transfer from a data action', async () => {
    await withService({ rules: 'rules: []' }, async (bed) => {
      const service = await bed.start({ env: { WEBHOOK_API_KEYS: API_KEY } });
      const { conversationId } = await bed.simulator.placeCall({ kind: 'in-progress' });
      const ask = () => runDataAction(service, 'Ask for the trace in an Architect flow', { conversationId });
      const { body: trace } = await ask();
      expect((await ask()).body).toEqual(trace);

      const reason = 'says "it is urgent" \\ twice';
      const { traceparent = '' } = trace;
      const input = { conversationId, queueId: escalations.id, reason, requestId: 'execution-1', traceparent };
      const escalate = () => runDataAction(service, 'Ask for a transfer in a script or flow', input);
      const asked = await escalate();
      expect([asked.status, asked.body]).toEqual([202, { id: 'execution-1', traceId: trace.traceId }]);
      expect((await escalate()).body).toEqual(asked.body);

      await service.waitForLog(({ msg }) => msg === 'event processed');
      const [line] = processedLines(service);
      expect(line).toMatchObject({ traceId: trace.traceId, outcomes: [{ outcome: 'applied' }, { outcome: 'applied' }] });
      const { participants = [] } = bed.simulator.conversation(conversationId) ?? {};
      expect(participants.at(-2)?.attributes).toEqual({ escalationReason: reason });
      expect(participants.at(-1)).toMatchObject({ purpose: 'acd', queueId: escalations.id });
    });
  });
});
