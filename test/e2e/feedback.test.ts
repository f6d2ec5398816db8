import { expect, it } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { QUEUES, WRAPUP_CODES } from '../../simulator/queue-directory.ts';
import { eventOf, post, SECRET, type ServiceBed, withService } from './with-service.ts';

const RULES = `
rules:
  - name: on-attributes
    when: { topic: "v2.detail.events.conversation.*.attributes" }
    target: { purpose: customer }
    actions:
      - setAttributes: { lastTrace: "\${trace.traceId}" }
  - name: on-wrapup
    when: { topic: "v2.detail.events.conversation.*.wrapup" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: "${WRAPUP_CODES.escalated.id}", notes: "trace \${trace.traceId}", overwrite: true }
`;

interface ProcessedEvent {
  readonly reasons: readonly string[];
  readonly traceId: unknown;
}

/**
 * Posts an event of somebody else's write, and answers every event of the conversation that the service processed, once no
 * more can come: each event that its own writes raised was delivered, and each that was delivered is processed.
 */
async function processedAfter(bed: ServiceBed, event: string): Promise<readonly ProcessedEvent[]> {
  const service = await bed.start();
  bed.simulator.setWebhook({ url: `${service.url}/webhooks/genesys`, secret: SECRET });
  expect((await post(service, event)).status).toBe(202);
  const processed = () => service.logs.filter(({ msg }) => msg === 'event processed');
  const isQuiet = async () => {
    await bed.simulator.eventsDelivered();
    return processed().length > 0 && processed().length === 1 + bed.simulator.deliveries().length;
  };
  await waitUntil(isQuiet, { what: 'each delivered event to be processed' });
  expect(bed.simulator.deliveries().map(({ status }) => status)).toEqual(bed.simulator.deliveries().map(() => 202));
  return processed().map(({ outcomes, traceId }) => ({
    reasons: (outcomes as readonly { readonly reason: string }[]).map(({ reason }) => reason),
    traceId,
  }));
}

it('a rule on .attributes that writes a value that changes every time writes once', async () => {
  await withService({ rules: RULES, simulator: { emitEvents: true } }, async (bed) => {
    const { id } = bed.simulator.createConversation({ participants: [{ id: 'p-customer', purpose: 'customer' }] });
    const attributes = { tier: 'gold' };
    const [first, ...others] = await processedAfter(bed, eventOf(id, 'attributes', { participantId: 'p-customer', attributes }));
    expect(first?.reasons).toEqual(['written']);
    expect(others.map(({ reasons }) => reasons)).toEqual([['own-write']]);
    expect(bed.simulator.executedWrites()).toHaveLength(1);
    expect(bed.simulator.conversation(id)?.participants[0]?.attributes).toEqual({ lastTrace: first?.traceId });
  });
});

it('a rule on .wrapup that overwrites the code writes once', async () => {
  await withService({ rules: RULES, simulator: { emitEvents: true } }, async (bed) => {
    const wrapup = { code: WRAPUP_CODES.resolved.id };
    const agent = { id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: QUEUES.support.id, wrapup };
    const { id } = bed.simulator.createConversation({ participants: [agent] });
    const event = eventOf(id, 'wrapup', { participantId: 'p-agent', wrapupCode: wrapup.code });
    const [first, ...others] = await processedAfter(bed, event);
    expect(first?.reasons).toEqual(['written']);
    expect(others.map(({ reasons }) => reasons)).toEqual([['own-write']]);
    expect(bed.simulator.executedWrites()).toHaveLength(1);
    const notes = `trace ${first?.traceId}`;
    expect(bed.simulator.conversation(id)?.participants[0]?.wrapup).toMatchObject({ code: WRAPUP_CODES.escalated.id, notes });
  });
});
