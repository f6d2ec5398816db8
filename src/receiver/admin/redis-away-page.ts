import { type Html, html } from './html.ts';
import { page } from './layout.ts';

/** Stands where a page would be that has to read from Redis. */
export function redisAwayPage(): Html {
  const content = html`<p role="alert"><span class="bad">Redis does not respond.</span> Until it does, nothing is known of any conversation, and deliveries get 503, so that their senders repeat them.</p>
<p class="do">See whether Redis runs and can be reached at REDIS_URL; /readyz and the log of the service have the reason. Then load this page again.</p>`;
  return page(null, 'Redis is away', content);
}
