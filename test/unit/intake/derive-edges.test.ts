import { describe, expect, it } from 'vitest';
import { NO_DETAILS } from '../../../src/domain/conversation-event.ts';
import { TOPIC_CATALOGUE } from '../../../src/domain/topic-catalogue.ts';
import { deriveEdges, NOTHING_SEEN, type SeenState } from '../../../src/intake/edges/derive-edges.ts';
import { snapshotOf } from '../../../src/intake/edges/snapshot.ts';
import { sampleEvent } from '../../sample-entry.ts';

type Json = Readonly<Record<string, unknown>>;
/** The participants, or the whole conversation. */
type Shown = readonly Json[] | Json;

const T0 = '2026-11-20T12:00:00.000Z';
const T1 = '2026-11-20T12:01:00.000Z';
const T2 = '2026-11-20T12:05:00.000Z';

const call = (state: string, more: Json = {}) => ({ id: 'call-1', state, direction: 'inbound', ...more });
const customer = (more: Json = {}): Json => ({
  id: 'p-customer',
  purpose: 'customer',
  address: 'tel:+13175550100',
  calls: [{ ...call('connected'), id: 'call-0', connectedTime: T0 }],
  ...more,
});
const agent = (more: Json = {}): Json => ({ id: 'p-agent', purpose: 'agent', userId: 'u-1', queueId: 'q-1', ...more });
const ringing = agent({ calls: [call('alerting')] });
const talking = agent({ connectedTime: T1, calls: [call('connected', { connectedTime: T1 })] });
const wrapping = agent({
  connectedTime: T1,
  endTime: T2,
  startAcwTime: T2,
  calls: [call('disconnected', { connectedTime: T1, disconnectedTime: T2, afterCallWork: { state: 'pending' } })],
});

/** The edges of snapshots in turn, each with the memory of those before. */
function follow(...snapshots: readonly Shown[]) {
  let state: SeenState = NOTHING_SEEN;
  return snapshots.map((shown) => {
    const body = Array.isArray(shown) ? { id: 'c-1', participants: shown } : (shown as Json);
    const event = sampleEvent({ topic: 'v2.routing.queues.{id}.conversations', queueId: 'q-1', body });
    const snapshot = snapshotOf(event);
    if (snapshot === null) throw new Error('no snapshot');
    const derived = deriveEdges(snapshot, state);
    state = JSON.parse(JSON.stringify(derived.state)) as SeenState;
    return derived.edges;
  });
}

const kindsOf = (edges: readonly { readonly topic: string }[]) =>
  edges.map(({ topic }) => topic.replace('hookpatch.conversation.{id}.', ''));
const kinds = (...snapshots: readonly Shown[]) => follow(...snapshots).map(kindsOf);

describe('deriveEdges', () => {
  it('tells a whole call, each edge once', () => {
    const gone = customer({
      endTime: T2,
      calls: [{ ...call('disconnected'), id: 'call-0', connectedTime: T0, disconnectedTime: T2 }],
    });
    const wrapped = { ...wrapping, endAcwTime: T2 };
    expect(
      kinds(
        [customer()],
        [customer(), ringing],
        [customer(), ringing],
        [customer(), talking],
        [customer(), { ...talking, calls: [call('connected', { connectedTime: T1, held: true })] }],
        [gone, wrapping],
        [gone, wrapped],
        [gone, wrapped],
      ),
    ).toEqual([
      ['customer.connected'],
      ['agent.alerting'],
      [],
      ['agent.connected'],
      [],
      ['agent.disconnected', 'acw.started', 'conversation.ended'],
      ['acw.ended'],
      [],
    ]);
  });

  it('gives of a first snapshot what it shows, and says when it happened', () => {
    const [edges = []] = follow([customer(), talking]);
    expect(kindsOf(edges)).toEqual(['customer.connected', 'agent.connected']);
    expect(edges[1]).toMatchObject({
      id: 'edge/c-1/agent.connected/p-agent',
      occurredAt: T1,
      participantId: 'p-agent',
      communicationId: 'call-1',
      userId: 'u-1',
      queueId: 'q-1',
      mediaType: 'VOICE',
      direction: 'INBOUND',
      body: { id: 'c-1', participants: [{ id: 'p-customer' }, { id: 'p-agent' }] },
    });
    expect(edges[0]).toMatchObject({ participantId: 'p-customer', address: 'tel:+13175550100', userId: null });
  });

  it('gives no edge again when an older snapshot comes late', () => {
    expect(kinds([customer(), talking], [customer(), ringing], [customer(), talking])).toEqual([
      ['customer.connected', 'agent.connected'],
      ['agent.alerting'],
      [],
    ]);
  });

  it('tells every time that an agent has the caller, each a participant of its own', () => {
    const again = { ...talking, id: 'p-agent-2' };
    expect(kinds([customer(), wrapping], [customer(), wrapping, again])).toEqual([
      ['customer.connected', 'agent.connected', 'agent.disconnected', 'acw.started'],
      ['agent.connected'],
    ]);
  });

  it.each(['monitoredParticipantId', 'coachedParticipantId', 'bargedParticipantId'])(
    'takes nobody with a %s for an agent',
    (field) => {
      const supervisor = { ...talking, id: 'p-supervisor', purpose: 'user', [field]: 'p-agent' };
      expect(kinds([customer(), talking], [customer(), talking, supervisor])[1]).toEqual([]);
    },
  );

  it('tells nothing of an agent who did not answer', () => {
    const missed = agent({ endTime: T1, calls: [call('disconnected', { disconnectedTime: T1 })] });
    expect(kinds([customer(), ringing], [customer(), missed])[1]).toEqual([]);
  });

  it('tells after-call work that was skipped only when it had begun', () => {
    const skipped = (more: Json) => ({
      ...talking,
      endTime: T2,
      ...more,
      calls: [call('disconnected', { afterCallWork: { state: 'skipped' } })],
    });
    expect(kinds([customer(), wrapping], [customer(), skipped({ startAcwTime: T2 })])[1]).toEqual(['acw.ended']);
    expect(kinds([customer(), talking], [customer(), skipped({})])[1]).toEqual(['agent.disconnected']);
  });

  it('tells changed attributes with their values, also when one changes back, and none of a first look', () => {
    const tier = (value: string) => [customer({ attributes: { tier: value, lang: 'en' } })];
    const told = follow(tier('gold'), tier('silver'), tier('silver'), tier('gold'), tier('silver')).map((edges) =>
      edges.filter(({ topic }) => topic.endsWith('attributes.changed')).map(({ id, body }) => [id, body.attributes]),
    );
    expect(told).toEqual([
      [],
      [['edge/c-1/attributes.changed/p-customer/1', { tier: 'silver' }]],
      [],
      [['edge/c-1/attributes.changed/p-customer/2', { tier: 'gold' }]],
      [['edge/c-1/attributes.changed/p-customer/3', { tier: 'silver' }]],
    ]);
  });

  it('remembers no value of an attribute', () => {
    const snapshot = snapshotOf(sampleEvent({ body: { participants: [customer({ attributes: { tier: 'platinum' } })] } }));
    if (snapshot === null) throw new Error('no snapshot');
    expect(JSON.stringify(deriveEdges(snapshot, NOTHING_SEEN).state)).not.toContain('platinum');
  });

  it('takes the far side of an outbound call for the customer when there is none', () => {
    const external = { ...customer(), id: 'p-external', purpose: 'external' };
    expect(kinds([external])).toEqual([['customer.connected']]);
    expect(kinds([customer(), external])).toEqual([['customer.connected']]);
  });

  it('knows the end of a conversation by its own end time, too', () => {
    expect(kinds({ id: 'c-1', endTime: T2, participants: [customer({ endTime: T2 })] })).toEqual([
      ['customer.connected', 'conversation.ended'],
    ]);
  });

  it('does not take the moment between two agents for the end', () => {
    expect(kinds([customer(), wrapping])[0]).not.toContain('conversation.ended');
  });

  it('reads the topics of one medium, whose participants are their own communication', () => {
    const one = {
      id: 'p-agent',
      purpose: 'agent',
      user: { id: 'u-1' },
      queue: { id: 'q-1' },
      state: 'connected',
      connectedTime: T1,
    };
    const event = sampleEvent({ mediaType: 'MESSAGE', body: { id: 'c-1', participants: [one] } });
    const snapshot = snapshotOf(event);
    const { edges } = deriveEdges(snapshot as NonNullable<typeof snapshot>, NOTHING_SEEN);
    expect(edges).toMatchObject([{ userId: 'u-1', queueId: 'q-1', mediaType: 'MESSAGE', communicationId: null }]);
  });

  it('fills what the catalogue says', () => {
    const all = [
      customer({ ani: 'tel:+1', dnis: 'tel:+2' }),
      { ...wrapping, endAcwTime: T2, address: 'sip:a', ani: 'tel:+1', dnis: 'tel:+2' },
    ];
    const told = follow([customer(), ringing], all, [
      { ...all[0], endTime: T2, attributes: { a: '1' } },
      { ...all[1], attributes: { a: '1' } },
    ]);
    const seen = told.flat();
    for (const { topic, fields } of TOPIC_CATALOGUE.filter((each) => each.topic.startsWith('hookpatch.'))) {
      const events = seen.filter((event) => event.topic === topic);
      expect(events.length, topic).toBeGreaterThan(0);
      const filled = (Object.keys(NO_DETAILS) as (keyof typeof NO_DETAILS)[]).filter((name) =>
        events.some((event) => event[name] !== null),
      );
      expect(fields, topic).toEqual(expect.arrayContaining(filled.filter((name) => name !== 'correlationId')));
    }
  });

  it.each([{}, { participants: 'none' }, { participants: { 0: {} } }])('finds no snapshot in %j', (body) => {
    expect(snapshotOf(sampleEvent({ body }))).toBeNull();
  });

  it.each([[null], [7], [{}], [{ id: '' }], [{ id: 7, purpose: 'agent' }]])(
    'leaves out a participant that is %j',
    (participant) => {
      expect(snapshotOf(sampleEvent({ body: { participants: [participant] } }))?.participants).toEqual([]);
    },
  );
});
