import type { Rule } from '../../rules/rule-set.ts';
import { type Html, html } from './html.ts';
import { page } from './layout.ts';

export interface CountedRule {
  readonly rule: Rule;
  /** How many of its events have ended while stories are kept. */
  readonly ended: number;
}

/** The rules that this process has in force. */
export function rulesPage(counted: readonly CountedRule[], days: number): Html {
  const items = counted.map(
    ({ rule, ended }) =>
      html`<li><strong>${rule.name}</strong>: ${rule.actions.map(({ type }) => type).join(', ')}
<div class="soft">${ended} ${ended === 1 ? 'event' : 'events'} in the last ${days} days; <a href="/admin?rule=${encodeURIComponent(rule.name)}">conversations</a>, <a href="/admin/dead-letters?rule=${encodeURIComponent(rule.name)}">dead letters</a></div></li>`,
  );
  return page('rules', 'Rules in force', items.length === 0 ? html`<p>None.</p>` : html`<ul class="rows">${items}</ul>`);
}
