import type { ConversationRecord } from '../../desk/desk.ts';
import { type EventStory, summaryOf } from '../../desk/event-story.ts';
import { shortTopic } from '../../desk/record-text.ts';
import { type Html, html } from './html.ts';
import { choice, conversationLink, field, page, timeOf } from './layout.ts';

export type SearchFields = Partial<Record<'q' | 'rule' | 'outcome' | 'reason' | 'since', string>>;

export interface SearchResult {
  readonly fields: SearchFields;
  readonly rules: readonly string[];
  readonly outcomes: readonly string[];
  readonly reasons: readonly string[];
  /** Newest first; `null`: nothing was searched for. */
  readonly found: readonly ConversationRecord[] | null;
}

export function searchPage({ fields, rules, outcomes, reasons, found }: SearchResult): Html {
  const content = html`<form method="get" action="/admin" role="search">
<label class="grow">Conversation, event, trace, correlation id, participant or address
<input name="q" value="${fields.q}" autocomplete="off" autofocus></label><button>Find</button></form>
<form method="get" action="/admin">${choice('rule', 'Rule', rules, fields.rule)}${choice('outcome', 'Outcome', outcomes, fields.outcome)}${choice('reason', 'Reason', reasons, fields.reason)}${field('since', 'Since', fields.since, '2h, 3d or a date')}<button>Search</button></form>
${found !== null && results(found)}`;
  return page('search', 'Search', content);
}

function results(found: readonly ConversationRecord[]): Html {
  if (found.length === 0) {
    return html`<p role="status">Nothing was found. No such event came in while stories are kept (STORY_DAYS), or its signature did not verify.</p>`;
  }
  return html`<h2>${found.length} ${found.length === 1 ? 'conversation' : 'conversations'}, newest first</h2>
<ul class="rows">${found.map(({ conversationId, events }) => html`<li><div>${conversationLink(conversationId)}</div>${events.slice(-LATEST).map(latestLine)}</li>`)}</ul>`;
}

/** Events shown of each conversation found. */
const LATEST = 3;

function latestLine(event: EventStory): Html {
  const ended = event.ended?.outcomes.map(
    ({ rule, action, kind, reason }) => `${rule ?? '(command)'} ${action ?? ''}: ${kind} (${reason})`,
  );
  return html`<div class="soft">${timeOf(event.receivedAt)} ${shortTopic(event.topic)}: ${ended?.join('; ') ?? summaryOf(event)}</div>`;
}
