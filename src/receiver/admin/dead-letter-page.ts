import { parseSince } from '../../desk/parse-since.ts';
import type { DeadLetterFilter } from '../../queue/dead-letter-filter.ts';
import type { ListedDeadLetter } from '../../queue/dead-letters.ts';
import { type Html, html } from './html.ts';
import { choice, conversationLink, field, page, timeOf } from './layout.ts';

/** The filter as it stands in the form and in the address. */
export type FilterFields = Partial<Record<'conversation' | 'rule' | 'reason' | 'action' | 'since', string>>;

export interface DeadLetterList {
  readonly fields: FilterFields;
  /** At most as many as a page shows, newest first. */
  readonly listed: readonly ListedDeadLetter[];
  /** Of all that fit. */
  readonly total: number;
  readonly rules: readonly string[];
  readonly reasons: readonly string[];
  readonly actions: readonly string[];
}

/** The list with its filters; one, several, or all that fit are retried or dropped. */
export function deadLetterPage(list: DeadLetterList, notice: string | null): Html {
  const { fields, listed, total } = list;
  return page(
    'dead-letters',
    'Dead letters',
    html`${filterForm(list)}${total === 0 ? html`<p>None.</p>` : changeForm(fields, listed, total)}`,
    notice,
  );
}

function filterForm({ fields, rules, reasons, actions }: DeadLetterList): Html {
  return html`<form method="get" action="/admin/dead-letters" role="search">
${field('conversation', 'Conversation', fields.conversation)}
${choice('rule', 'Rule', rules, fields.rule)}${choice('reason', 'Reason', reasons, fields.reason)}${choice('action', 'Action', actions, fields.action)}
${field('since', 'Since', fields.since, '2h, 3d or a date')}
<button>Filter</button></form>`;
}

function changeForm(fields: FilterFields, listed: readonly ListedDeadLetter[], total: number): Html {
  const hidden = Object.entries(fields).map(([name, value]) => html`<input type="hidden" name="${name}" value="${value}">`);
  return html`<form method="post" action="/admin/dead-letters">${hidden}
<ul class="rows">${listed.map((each) => deadLetterItem(each, true))}</ul>
<fieldset><legend>The selected ones</legend>
<button name="do" value="retry">Retry selected</button> <button name="do" value="drop">Drop selected</button></fieldset>
<fieldset><legend>All ${total} that fit the filter</legend>
<label>Type ${total} to confirm<input name="confirm" inputmode="numeric" autocomplete="off"></label>
<button name="do" value="retry-all">Retry all ${total}</button> <button name="do" value="drop-all">Drop all ${total}</button></fieldset>
</form>`;
}

export function deadLetterItem({ id, letter }: ListedDeadLetter, selectable: boolean): Html {
  const { outcome } = letter;
  const name = `${outcome.reason} of ${outcome.rule ?? 'a command'}, conversation ${letter.conversationId}`;
  return html`<li>
<div>${selectable && html`<input type="checkbox" name="id" value="${id}" aria-label="Select ${name}"> `}<span class="bad">${outcome.reason}</span> ${outcome.rule ?? '(command)'} ${outcome.action} ${timeOf(letter.deadLetteredAt)}</div>
<div>${outcome.detail}</div>
${outcome.genesys !== undefined && html`<div class="soft">Genesys: ${outcome.genesys.status ?? 'no response'} ${outcome.genesys.code} ${outcome.genesys.message}${outcome.genesys.correlationId !== null && html`, correlation id <span class="id">${outcome.genesys.correlationId}</span>`}</div>`}
<div>${conversationLink(letter.conversationId)} <span class="soft id">${id}</span></div>
</li>`;
}

/** @returns `null` when the time is neither a number with a unit nor a date */
export function parseFilter(fields: FilterFields, now: number): DeadLetterFilter | null {
  const since = fields.since === undefined ? undefined : parseSince(fields.since, now);
  if (since === null) return null;
  return {
    ...(fields.conversation === undefined ? {} : { conversationId: fields.conversation }),
    ...(fields.rule === undefined ? {} : { rule: fields.rule }),
    ...(fields.reason === undefined ? {} : { reason: fields.reason }),
    ...(fields.action === undefined ? {} : { action: fields.action }),
    ...(since === undefined ? {} : { since }),
  };
}
