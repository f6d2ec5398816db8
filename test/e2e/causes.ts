import type { ServiceProcess } from '../../harness/service-process.ts';
import type { FaultSpec } from '../../simulator/faults.ts';
import { eventOf, post, type ServiceBed } from './with-service.ts';

const QUEUE = '5c1e6a40-98b7-4c3e-8f5d-0d3b7a1c2e4f';

export const RULES = `
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

/** Why a conversation was not changed, as somebody on call has to find out. */
export interface Cause {
  readonly name: string;
  readonly fault?: FaultSpec;
  readonly event: {
    readonly kind: string;
    readonly body?: Readonly<Record<string, unknown>>;
    readonly purposes?: readonly string[];
  };
  /** What names it. */
  readonly named: RegExp;
}

/** Without a Redis that is down: that stops everything else. */
export const CAUSES: readonly Cause[] = [
  {
    name: 'missing-permission',
    fault: { call: 'patch-attributes', status: 403, code: 'missing.permissions', times: 1 },
    event: { kind: 'customer.start' },
    named: /permission-missing/,
  },
  { name: 'wrong-wrapup-code', event: { kind: 'user.end' }, named: /wrapup-code-unknown.*No such code/s },
  { name: 'queue-gone', event: { kind: 'acd.end' }, named: /queue-not-found.*there is no queue/s },
  {
    name: 'participant-not-there',
    event: { kind: 'customer.start', purposes: ['agent'] },
    named: /participant-not-found/,
  },
  {
    name: 'no-rule-matched',
    event: { kind: 'customer.start', body: { mediaType: 'CHAT' } },
    named: /no rule matched; the condition \(when\.if\) of tag was false/,
  },
  { name: 'no-rule-of-the-topic', event: { kind: 'contact' }, named: /no rule has this topic/ },
  // The last one: it stops every call.
  {
    name: 'parked-by-a-429',
    fault: { call: 'get-conversation', status: 429, retryAfterSeconds: 7200 },
    event: { kind: 'customer.start' },
    named: /waits until .*429/,
  },
];

/** An event of a new call; returns its conversation. */
export async function sendEvent(
  { simulator }: ServiceBed,
  service: ServiceProcess,
  { fault, event }: Omit<Cause, 'name' | 'named'>,
) {
  if (fault !== undefined) simulator.addFault(fault);
  const participants = (event.purposes ?? ['customer', 'agent']).map((purpose) => ({ purpose }));
  const { id } = simulator.createConversation({ participants });
  await post(service, eventOf(id, event.kind, event.body));
  return id;
}
