import fc from 'fast-check';
import type { Models } from 'purecloud-platform-client-v2';
import { expect, test } from 'vitest';
import { communicationList, MEDIA, type Media } from '../../simulator/conversation.ts';
import type { ParticipantSeed } from '../../simulator/seed-conversation.ts';
import { answerOf, connectSdk } from '../contract/platform-client.ts';
import type { ProcessedLine, WorkerBed } from '../integration/worker/with-worker.ts';
import { FIRST_QUEUE, SECOND_QUEUE, WRAPUP_CODES, withField } from './field-bed.ts';

/** Rules of all kinds of target; the event's kind chooses which of them applies. */
const KINDS = {
  'user.start': { action: { transfer: { queueId: SECOND_QUEUE.id } } },
  'acd.end': { target: { purpose: 'agent' }, action: { transfer: { queueId: SECOND_QUEUE.id, requeue: true } } },
  'user.end': { action: { applyWrapup: { code: WRAPUP_CODES.resolved.id } } },
  acw: { target: { userId: '${event.userId}' }, action: { applyWrapup: { code: WRAPUP_CODES.resolved.name } } },
} as const;
type Kind = keyof typeof KINDS;

const RULES = Object.entries(KINDS).map(([kind, { action, ...rule }]) => ({
  name: kind.replace('.', '-'),
  when: { topic: `v2.detail.events.conversation.*.${kind}` },
  ...rule,
  actions: [action],
}));

const minute = fc
  .integer({ min: 0, max: 20 })
  .map((past) => new Date(Date.parse('2026-11-25T12:00:00Z') + past * 60_000).toISOString());
const state = fc.constantFrom(
  'alerting',
  'dialing',
  'contacting',
  'offering',
  'connected',
  'connected',
  'parked',
  'disconnected',
);
const work = fc.constantFrom('unknown', 'notApplicable', 'skipped', 'pending', 'pending', 'complete');
const code = fc.constantFrom(undefined, undefined, WRAPUP_CODES.followUp.id, 'ININ-WRAP-UP-TIMEOUT');
const role = fc.constantFrom('agent', 'agent', 'agent', 'monitor', 'coach', 'barge', 'consulted');

const user = fc.record({ state, work, code, role, startTime: minute, userId: fc.constantFrom('u-1', 'u-2', 'u-3') });
type User = typeof user extends fc.Arbitrary<infer T> ? T : never;

const conversation = fc.record({
  media: fc.constantFrom(...MEDIA),
  users: fc.array(user, { minLength: 1, maxLength: 4 }),
  kind: fc.constantFrom(...(Object.keys(KINDS) as Kind[])),
  about: fc.nat(4),
  customerLeft: fc.boolean(),
  level: fc.constantFrom('participant', 'communication'),
  transferState: fc.constantFrom('Complete', 'Complete', 'Failed', 'Pending'),
});
type Drawn = typeof conversation extends fc.Arbitrary<infer T> ? T : never;

const CALLS_EACH = 12;

test('whatever a conversation looks like: nobody is touched who must not be, and applied is what can be read', async () => {
  await withField(RULES, async (bed) => {
    const sdk = connectSdk(bed.simulator);
    await sdk.login();
    const read = async (id: string) => (await answerOf(sdk.conversations.getConversation(id))).body;
    let round = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(conversation, { minLength: CALLS_EACH, maxLength: CALLS_EACH }), async (drawn) => {
        round += 1;
        const played = drawn.map((each, index) => holds(bed, `random-${round}-${index}`, each, read));
        await Promise.all(played);
      }),
      { numRuns: 5, endOnFailure: true },
    );
  });
}, 60_000);

async function holds(bed: WorkerBed, id: string, drawn: Drawn, read: (id: string) => Promise<Models.Conversation>) {
  const participants = participantsOf(id, drawn);
  const { level: wrapupLevel, transferState } = drawn;
  const before = bed.simulator.createConversation({ id, participants }, { wrapupLevel, transferState });
  const { body } = await bed.deliver(JSON.stringify(eventOf(id, drawn, participants)));
  const line = await done(bed, body.events[0]?.id ?? '');
  const writes = bed.simulator.executedWrites().filter(({ conversationId }) => conversationId === id);
  for (const { write, participantId } of writes) {
    const touched = before.participants.find((participant) => participant.id === participantId);
    expect([id, write.kind, mayBeTouched(touched as Models.Participant, write.kind)]).toEqual([id, write.kind, true]);
  }
  if (line?.outcomes[0]?.outcome === 'applied') expect(isThere(await read(id), line)).toBe(true);
}

/** The line of an event that is through; `null` of one that waits for a phone to be answered. */
async function done(bed: WorkerBed, eventId: string): Promise<ProcessedLine | null> {
  return Promise.race([bed.processed(eventId), bed.waiting(eventId, /not connected yet/).then(() => null)]);
}

function mayBeTouched(participant: Models.Participant, kind: string): boolean {
  const { monitoredParticipantId, coachedParticipantId, bargedParticipantId, wrapup } = participant;
  if (monitoredParticipantId || coachedParticipantId || bargedParticipantId) return false;
  const legs = legsOf(participant);
  const talks = legs.some((leg) => leg.state === 'connected' || leg.state === 'parked');
  if (kind === 'transfer') return participant.endTime === undefined && talks;
  const chosen = [wrapup, ...legs.map((leg) => leg.wrapup)].some(
    (set) => set?.code !== undefined && !set.code.startsWith('ININ-'),
  );
  const open = legs.some((leg) => leg.afterCallWork?.state === 'pending' || leg.afterCallWork?.state === 'complete');
  return !chosen && (talks || open || legs.every((leg) => leg.afterCallWork?.state === undefined));
}

function isThere({ participants, recentTransfers = [] }: Models.Conversation, { outcomes }: ProcessedLine): boolean {
  const [outcome] = outcomes;
  const touched = participants.find((participant) => participant.id === outcome?.participantId);
  if (outcome?.action === 'transfer') {
    const arrived = participants.some((each) => each.purpose === 'acd' && each.queueId === SECOND_QUEUE.id);
    return arrived && touched?.endTime !== undefined && recentTransfers.some((transfer) => transfer.state === 'Complete');
  }
  const codes = [touched?.wrapup, ...legsOf(touched ?? {}).map((leg) => leg.wrapup)];
  return codes.some((set) => set?.code === WRAPUP_CODES.resolved.id);
}

function legsOf(participant: Models.Participant): readonly Models.Call[] {
  return MEDIA.flatMap((media) => (participant[communicationList(media)] ?? []) as readonly Models.Call[]);
}

function participantsOf(id: string, { media, users, customerLeft }: Drawn): readonly ParticipantSeed[] {
  const list = communicationList(media);
  const left = customerLeft ? { endTime: '2026-11-25T12:30:00Z' } : {};
  const customer = { id: `${id}-customer`, purpose: 'customer', ...left, [list]: [{ id: `${id}-leg` }] };
  return [customer, ...users.map((drawn, index) => participantOf(id, index, drawn, media))] as readonly ParticipantSeed[];
}

function participantOf(
  id: string,
  index: number,
  { state: legState, work: acw, code: set, role: plays, startTime, userId }: User,
  media: Media,
) {
  const ended = legState === 'disconnected';
  const rang = !ended && legState !== 'connected' && legState !== 'parked';
  const links = { monitor: 'monitoredParticipantId', coach: 'coachedParticipantId', barge: 'bargedParticipantId' } as const;
  const link =
    plays === 'agent' ? {} : plays === 'consulted' ? { consultParticipantId: `${id}-customer` } : { [links[plays]]: `${id}-0` };
  const leg = { id: `${id}-leg-${index}`, state: legState, ...(ended && { afterCallWork: { state: acw } }) };
  return {
    id: `${id}-${index}`,
    purpose: index % 3 === 2 ? 'user' : 'agent',
    userId,
    queueId: FIRST_QUEUE.id,
    startTime,
    ...(!rang && { connectedTime: startTime }),
    ...(ended && { endTime: '2026-11-25T12:30:00Z', ...(acw === 'pending' && { startAcwTime: '2026-11-25T12:30:00Z' }) }),
    ...(ended && set !== undefined && { wrapup: { code: set } }),
    ...link,
    [communicationList(media)]: [leg],
  };
}

function eventOf(id: string, { kind, about, media, users }: Drawn, participants: readonly ParticipantSeed[]) {
  const index = about % (users.length + 1);
  const eventBody = {
    eventTime: Date.now(),
    conversationId: id,
    participantId: participants[index]?.id,
    mediaType: media.toUpperCase(),
    userId: participants[index]?.userId ?? 'u-1',
  };
  const topicName = `v2.detail.events.conversation.${id}.${kind}`;
  return { 'detail-type': 't', id: `${id}-event`, detail: { topicName, eventBody } };
}
