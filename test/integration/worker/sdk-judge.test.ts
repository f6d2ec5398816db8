import { describe, expect, it } from 'vitest';
import { QUEUES, WRAPUP_CODES } from '../../../simulator/queue-directory.ts';
import { answerOf, connectSdk } from '../../contract/platform-client.ts';
import { entryFor, type WorkerBed, withWorker } from './with-worker.ts';

const { support, escalations } = QUEUES;
const RULES = `
rules:
  - name: tag
    when: { topic: "**" }
    actions:
      - setAttributes: { "otel.traceId": "\${trace.traceId}", tier: platinum, "n-\${event.id}": "\${event.mediaType}" }
  - name: tag-customer
    when: { topic: "**" }
    target: { purpose: customer }
    actions:
      - setAttributes: { tier: gold, agent: "\${event.userId}" }
  - name: wrap-up
    when: { topic: "**" }
    target: { purpose: agent }
    actions:
      - applyWrapup: { code: Resolved, notes: "trace \${trace.traceId}" }
  - name: escalate
    when: { topic: "**" }
    actions:
      - setAttributes: { escalated: "true" }
      - transfer: { queueId: ${escalations.id}, wrapupCode: Escalated }
  - name: nowhere
    when: { topic: "**" }
    actions:
      - transfer: { queueId: no-such-queue }
`;

type Sdk = ReturnType<typeof connectSdk>;

/** The worker is judged by what Genesys's own client reads afterwards, from the live conversation. */
function judged(work: (bed: WorkerBed, sdk: Sdk) => Promise<void>): () => Promise<void> {
  return () =>
    withWorker({ rules: RULES, simulator: { writeVisibilityMs: 30 }, attempts: 100 }, async (bed) => {
      const sdk = connectSdk(bed.simulator);
      await sdk.login();
      await work(bed, sdk);
    });
}

async function read(sdk: Sdk, conversationId: string) {
  const { body } = await answerOf(sdk.conversations.getConversation(conversationId));
  const find = (purpose: string) => body.participants.findLast((participant) => participant.purpose === purpose);
  return { body, customer: find('customer'), agent: find('agent'), acd: find('acd') };
}

/** A call with an agent on it, as the SDK reads it before anything is done. */
async function callInProgress({ simulator }: WorkerBed, sdk: Sdk) {
  const { conversationId } = await simulator.placeCall({ kind: 'in-progress', attributes: { language: 'en' } });
  return { conversationId, before: await read(sdk, conversationId) };
}

describe('the official SDK reads what the rules say', () => {
  it(
    'attributes on the participant of the communication, where the event has an id that the API never knew',
    judged(async (bed, sdk) => {
      const { conversationId, before } = await callInProgress(bed, sdk);
      const communicationId = before.customer?.calls?.[0]?.id ?? '';
      const event = { conversationId, id: 'e-1', participantId: 'p-transient', communicationId, mediaType: 'VOICE' };
      const entry = entryFor(event, ['tag']);
      await bed.receive(entry);
      await bed.processed(entry.id);
      const after = await read(sdk, conversationId);
      const written = { 'otel.traceId': entry.traceparent.split('-')[1], tier: 'platinum', 'n-e-1': 'VOICE' };
      expect(after.customer?.attributes).toEqual({ language: 'en', ...written });
      expect(after.body.participants.slice(1)).toEqual(before.body.participants.slice(1));
    }),
  );

  it(
    'the merged writes of a batch: later events win, and nobody else is touched',
    judged(async (bed, sdk) => {
      const { conversationId, before } = await callInProgress(bed, sdk);
      const participantId = before.customer?.id ?? '';
      const entries = ['e-1', 'e-2', 'e-3'].map((id) =>
        entryFor({ conversationId, id, participantId, userId: `user-${id}`, mediaType: 'CHAT' }, ['tag', 'tag-customer']),
      );
      await bed.receive(...entries);
      for (const { id } of entries) await bed.processed(id);
      const after = await read(sdk, conversationId);
      expect(after.customer?.attributes).toEqual({
        language: 'en',
        'otel.traceId': entries[2]?.traceparent.split('-')[1],
        tier: 'gold',
        agent: 'user-e-3',
        'n-e-1': 'CHAT',
        'n-e-2': 'CHAT',
        'n-e-3': 'CHAT',
      });
      expect(after.body.participants.slice(1)).toEqual(before.body.participants.slice(1));
      expect(bed.simulator.executedWrites()).toHaveLength(1);
    }),
  );

  it(
    'a wrap-up code that was asked for before after-call work began',
    judged(async (bed, sdk) => {
      const { conversationId } = await callInProgress(bed, sdk);
      await bed.simulator.advance(conversationId, { step: 'disconnect-agent', afterCallWork: 'unknown' });
      const entry = entryFor({ conversationId }, ['wrap-up']);
      await bed.receive(entry);
      await bed.waiting(entry.id);
      expect((await read(sdk, conversationId)).agent?.wrapup).toBeUndefined();
      await bed.simulator.advance(conversationId, { step: 'begin-after-call-work' });
      await bed.processed(entry.id);
      const { agent } = await read(sdk, conversationId);
      const notes = `trace ${entry.traceparent.split('-')[1]}`;
      expect(agent?.wrapup).toMatchObject({ code: WRAPUP_CODES.resolved.id, notes, provisional: false });
      expect(agent?.calls?.[0]?.afterCallWork?.state).toBe('complete');
    }),
  );

  it(
    'one transfer, where its answer was lost',
    judged(async (bed, sdk) => {
      const { conversationId, before } = await callInProgress(bed, sdk);
      bed.simulator.addFault({ call: 'replace-participant', dropConnection: 'after' });
      const entry = entryFor({ conversationId, participantId: before.customer?.id ?? null }, ['escalate']);
      await bed.receive(entry);
      await bed.processed(entry.id);
      const after = await read(sdk, conversationId);
      expect(after.body.participants).toHaveLength(before.body.participants.length + 1);
      expect(after.customer?.attributes).toEqual({ language: 'en', escalated: 'true' });
      expect(after.agent).toMatchObject({ wrapup: { code: WRAPUP_CODES.escalated.id }, calls: [{ state: 'disconnected' }] });
      expect(after.acd).toMatchObject({ queueId: escalations.id, calls: [{ state: 'connected' }] });
      expect(after.body.recentTransfers).toHaveLength(1);
    }),
  );

  it.each([
    ['by us, because there is no such queue', 'nowhere', 'queue-not-found'],
    ['by Genesys', 'escalate', 'refused'],
  ])('no transfer, where it was refused %s', (_by, rule, reason) =>
    judged(async (bed, sdk) => {
      const { conversationId, before } = await callInProgress(bed, sdk);
      const code = 'conversations.error.transfer.not.connected';
      bed.simulator.addFault({ call: 'replace-participant', status: 400, code });
      const entry = entryFor({ conversationId, participantId: before.customer?.id ?? null }, [rule]);
      await bed.receive(entry);
      expect((await bed.processed(entry.id)).outcomes.at(-1)).toMatchObject({ outcome: 'dead-lettered', reason });
      const after = await read(sdk, conversationId);
      expect(after.agent).toMatchObject({ queueId: support.id, calls: [{ state: 'connected' }] });
      expect(after.body.participants).toHaveLength(before.body.participants.length);
      expect(after.body.recentTransfers ?? []).toEqual([]);
    })(),
  );
});
