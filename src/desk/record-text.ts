import { printable } from '../domain/printable.ts';
import type { ConversationRecord } from './desk.ts';
import { adviceFor, callTexts, type EventStory, isoTime, pastWaits, summaryOf, VERDICT_TEXTS, VIA_TEXTS } from './event-story.ts';

/** For a terminal: each event with its result, the reason, and what to do. */
export function recordText(record: ConversationRecord): string {
  const head = `conversation ${record.conversationId}`;
  const events = record.events.flatMap(eventLines);
  const lines = [head, ...(events.length > 0 ? events : ['  nothing is known of it']), ...footLines(record)];
  return lines.map(printable).join('\n');
}

function eventLines(event: EventStory): string[] {
  const { topic, status, via, traceId, duplicates, rules, ended } = event;
  const again = duplicates > 0 ? `, delivered ${duplicates + 1} times` : '';
  const head = `${isoTime(event.receivedAt)}  ${shortTopic(topic)}  ${status ?? 'accepted'}${via === null ? '' : ` ${VIA_TEXTS[via]}`}${again}`;
  const advice = adviceFor(event);
  return [
    '',
    head,
    `  event ${event.eventId}${traceId === null ? '' : `, trace ${traceId}`}`,
    ...rules.map(({ rule, verdict }) => `  rule ${rule}: ${VERDICT_TEXTS[verdict]}`),
    ...pastWaits(event).map(({ at, until, because }) => `  ${isoTime(at)} waits until ${isoTime(until)}: ${because}`),
    ...(ended === null ? [`  -> ${summaryOf(event)}`] : endedLines(ended)),
    ...(advice === null ? [] : [`  do: ${advice}`]),
  ];
}

function endedLines(line: NonNullable<EventStory['ended']>): string[] {
  const { at, outcomes, calls } = line;
  const ended = outcomes.map(({ rule, action, kind, reason, detail, participantId, correlationId }) =>
    [
      `  -> ${rule ?? '(command)'} ${action ?? ''}: ${kind} (${reason})${detail === null ? '' : ` ${detail}`}`,
      ...(participantId === null ? [] : [`participant ${participantId}`]),
      ...(correlationId === null ? [] : [`correlation id ${correlationId}`]),
    ].join(', '),
  );
  const sent = calls.length === 0 ? 'no call to Genesys' : `calls: ${callTexts(line)}`;
  return [...ended, `  ended ${isoTime(at)}, ${sent}`];
}

function footLines({ deadLetters, waiting }: ConversationRecord): string[] {
  return [
    ...(waiting > 0 ? ['', `${waiting} ${waiting === 1 ? 'entry waits' : 'entries wait'} in its inbox`] : []),
    ...deadLetters.flatMap(({ id, letter }) => [
      '',
      `dead letter ${id}: ${letter.outcome.reason}; npm run dead-letters -- retry ${id.slice(0, 12)}`,
    ]),
  ];
}

export function shortTopic(topic: string | null): string {
  return topic?.replace('v2.detail.events.conversation.{id}.', '') ?? '(its first line is no longer kept)';
}
