import type { Conversation } from '../simulator/conversation.ts';
import type { JournalRecord } from '../simulator/journal.ts';
import { type ExpectedOutcome, TRACE_ID } from './calls/demo-call.ts';
import type { PlayedCall } from './played-call.ts';

/** The simulator's side of one conversation. */
export interface Evidence {
  /** As Genesys holds it in the end. */
  readonly conversation: Conversation | null;
  /** The requests that were made for it. */
  readonly requests: readonly JournalRecord[];
}

/** What differs from what the call expects, in words; empty when everything is there. */
export function differences(played: PlayedCall, evidence: Evidence): string[] {
  return [
    ...wrongOutcomes(played),
    ...wrongAttributes(played, evidence),
    ...wrongWrapup(played, evidence),
    ...wrongQueue(played, evidence),
    ...wrongTraffic(played, evidence),
  ];
}

function wrongOutcomes({ call, deliveries }: PlayedCall): string[] {
  const found = deliveries.flatMap(({ processed }) =>
    (processed?.outcomes ?? []).map(
      ({ rule, action, outcome, reason }): ExpectedOutcome => `${rule}: ${action} ${outcome} (${reason})`,
    ),
  );
  const missing = call.expected.outcomes.filter((outcome) => !found.includes(outcome));
  const unexpected = found.filter((outcome) => !call.expected.outcomes.includes(outcome));
  return [...missing.map((outcome) => `missing: ${outcome}`), ...unexpected.map((outcome) => `not expected: ${outcome}`)];
}

function wrongAttributes({ call, deliveries }: PlayedCall, { conversation }: Evidence): string[] {
  const { attributes } = call.expected;
  if (attributes === undefined) return [];
  const participant = conversation?.participants.find(({ id }) => id === attributes.participantId);
  const traceId = deliveries[0]?.processed?.traceId;
  return Object.entries(attributes.values).flatMap(([name, value]) => {
    const expected = value === TRACE_ID ? traceId : value;
    const found = participant?.attributes[name];
    return found !== undefined && found === expected ? [] : [`attribute ${name} is ${found ?? 'not set'}, not ${expected}`];
  });
}

function wrongWrapup({ call }: PlayedCall, { conversation }: Evidence): string[] {
  const { wrapup } = call.expected;
  if (wrapup === undefined) return [];
  const found = conversation?.participants.find(({ id }) => id === wrapup.participantId)?.wrapup?.code;
  return found === wrapup.code ? [] : [`wrap-up code is ${found ?? 'not set'}, not ${wrapup.code}`];
}

function wrongQueue({ call }: PlayedCall, { conversation }: Evidence): string[] {
  const { queueId } = call.expected;
  if (queueId === undefined) return [];
  const isThere = conversation?.participants.some(
    (participant) => participant.purpose === 'acd' && participant.queueId === queueId,
  );
  return isThere ? [] : [`nobody was transferred to queue ${queueId}`];
}

function wrongTraffic({ call, deliveries }: PlayedCall, { requests }: Evidence): string[] {
  const { writes, duplicates = 0, answered } = call.expected;
  const foundWrites = requests.filter(({ executed, write }) => executed && write !== null).length;
  const foundDuplicates = deliveries.filter(({ answer }) => answer === 'duplicate').length;
  return [
    ...(foundWrites === writes ? [] : [`${foundWrites} writes took effect, not ${writes}`]),
    ...(foundDuplicates === duplicates ? [] : [`${foundDuplicates} deliveries were duplicates, not ${duplicates}`]),
    ...(answered === undefined || requests.some(({ status }) => status === answered)
      ? []
      : [`Genesys never answered ${answered}`]),
  ];
}
