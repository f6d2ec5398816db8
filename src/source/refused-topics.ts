import type { Logger } from 'pino';
import type { Subscribed } from '../genesys/organisation-calls.ts';

export interface RefusedTopics {
  report(subscribed: readonly Subscribed[]): void;
}

/** Lines for one subscription; a thousand topics without one permission need not be a thousand lines. */
const MOST_LINES = 50;

/** Logs each topic that Genesys refuses, with the missing permission, once for as long as the response stays the same. */
export function createRefusedTopics(logger: Logger): RefusedTopics {
  const known = new Map<string, string>();
  return {
    report: (subscribed) => {
      const refused = subscribed.filter((each) => !each.accepted);
      for (const { topic } of subscribed.filter((each) => each.accepted)) known.delete(topic);
      const news = refused.filter((each) => known.get(each.topic) !== textOf(each));
      for (const each of news) known.set(each.topic, textOf(each));
      for (const { topic, reason, missingPermissions } of news.slice(0, MOST_LINES)) {
        logger.error({ topic, reason, missingPermissions }, 'Genesys refuses the topic: its events do not come');
      }
      if (news.length > MOST_LINES) logger.error({ topics: news.length - MOST_LINES }, 'Genesys refuses more topics');
    },
  };
}

function textOf({ reason, missingPermissions }: Subscribed): string {
  return [reason, ...missingPermissions].join(' ');
}
