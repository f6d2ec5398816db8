import type { WaitingConversation } from '../../desk/desk.ts';
import { type Html, html } from './html.ts';
import { conversationLink, page, timeOf } from './layout.ts';

/** Conversations whose next try is delayed: until when, why, and a button to try them now. */
export function waitingPage(waiting: readonly WaitingConversation[], notice: string | null): Html {
  const content = waiting.length === 0 ? html`<p>No conversation waits for a later try.</p>` : wakeForm(waiting);
  return page('waiting', 'Waiting', content, notice);
}

function wakeForm(waiting: readonly WaitingConversation[]): Html {
  return html`<form method="post" action="/admin/waiting">
<ul class="rows">${waiting.map(waitingItem)}</ul>
<fieldset><legend>Once the cause is gone</legend><button name="do" value="wake">Try the selected ones now</button></fieldset>
</form>`;
}

function waitingItem({ conversationId, until, because }: WaitingConversation): Html {
  return html`<li><div><input type="checkbox" name="conversation" value="${conversationId}" aria-label="Select conversation ${conversationId}"> ${conversationLink(conversationId)}</div>
<div><span class="wait">waits</span> until ${timeOf(until)}${because !== null && html`: ${because}`}</div></li>`;
}
