import type { ConversationRecord } from '../../desk/desk.ts';
import {
  adviceFor,
  adviceForOutcome,
  callTexts,
  type EventStory,
  pastWaits,
  summaryOf,
  VERDICT_TEXTS,
  VIA_TEXTS,
} from '../../desk/event-story.ts';
import { shortTopic } from '../../desk/record-text.ts';
import type { StoryOutcome } from '../../story/story-line.ts';
import { deadLetterItem } from './dead-letter-page.ts';
import { type Html, html } from './html.ts';
import { page, timeOf } from './layout.ts';

/** `{traceId}` of the setting TRACE_URL_TEMPLATE; `null`: there are no links. */
export type TraceUrl = ((traceId: string) => string) | null;

/** The story of a conversation as a timeline. */
export function conversationPage(record: ConversationRecord, traceUrl: TraceUrl, notice: string | null): Html {
  const { conversationId, events, deadLetters, waiting } = record;
  const timeline =
    events.length === 0
      ? html`<p>No event of it is known: none came in while stories are kept (STORY_DAYS), or its signature did not verify.</p>`
      : html`<ul class="rows">${events.map((event) => eventItem(event, traceUrl))}</ul>`;
  const content = html`<p class="id">${conversationId}</p>
${waiting > 0 && html`<p>${waiting} ${waiting === 1 ? 'entry waits' : 'entries wait'} in its inbox.</p>`}
<h2>What came in, and what became of it</h2>
${timeline}
${deadLetters.length > 0 && html`<h2>Dead letters</h2><ul class="rows">${deadLetters.map((each) => deadLetterItem(each, false))}</ul>`}`;
  return page(null, 'Conversation', content, notice);
}

function eventItem(event: EventStory, traceUrl: TraceUrl): Html {
  const { traceId, duplicates, rules, ended } = event;
  const summary = summaryOf(event);
  return html`<li>
<div>${timeOf(event.receivedAt)} <strong>${shortTopic(event.topic)}</strong> ${statusWord(event)}${duplicates > 0 && ` delivered ${duplicates + 1} times`}</div>
<div class="soft">event <span class="id">${event.eventId}</span>${traceId !== null && html`, trace ${traceLink(traceId, traceUrl)}`}</div>
${rules.length > 0 && html`<ul class="plain">${rules.map(({ rule, verdict }) => html`<li>rule <code>${rule}</code>: ${VERDICT_TEXTS[verdict]}</li>`)}</ul>`}
${pastWaits(event).map(({ at, until, because }) => html`<div><span class="wait">waited</span> from ${timeOf(at)} until ${timeOf(until)}: ${because}</div>`)}
${summary !== null && html`<div class="${event.status === 'ignored' ? 'soft' : 'wait'}">${summary}</div>`}
${ended?.outcomes.map(outcomeLine)}
${ended !== null && ended.calls.length > 0 && html`<div class="soft">calls: ${callTexts(ended)}</div>`}
${ended === null && adviceBox(adviceFor(event))}
</li>`;
}

function statusWord({ status, via }: EventStory): string {
  return `${status ?? 'accepted'}${via === null ? '' : ` ${VIA_TEXTS[via]}`}`;
}

function outcomeLine(outcome: StoryOutcome): Html {
  const { rule, action, kind, reason, detail, participantId, correlationId } = outcome;
  const tone = kind === 'dead-lettered' ? 'bad' : kind === 'applied' ? 'good' : 'soft';
  return html`<div>${rule ?? '(command)'} ${action}: <span class="${tone}">${kind}</span> (${reason}) ${detail}
${participantId !== null && html`<span class="soft">participant <span class="id">${participantId}</span></span>`}
${correlationId !== null && html`<span class="soft">correlation id <span class="id">${correlationId}</span></span>`}
${adviceBox(adviceForOutcome(outcome))}</div>`;
}

function adviceBox(advice: string | null): Html | null {
  return advice === null ? null : html`<p class="do">${advice}</p>`;
}

function traceLink(traceId: string, traceUrl: TraceUrl): Html {
  const text = html`<span class="id">${traceId}</span>`;
  return traceUrl === null ? text : html`<a href="${traceUrl(traceId)}" rel="noreferrer">${text}</a>`;
}
