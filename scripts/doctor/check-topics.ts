import type { Config } from '../../src/config/config.ts';
import { EDGE_KINDS, edgeTopic } from '../../src/domain/edge-topics.ts';
import type { AvailableTopic, OrganisationCalls } from '../../src/genesys/organisation-calls.ts';
import { compileTopicPattern } from '../../src/rules/topic-pattern.ts';
import { type Finding, ok, unknown, wrong } from './finding.ts';
import type { RuleNeeds } from './rule-needs.ts';

export interface TopicQuestions {
  readonly config: Pick<Config, 'notifications' | 'webhook'>;
  readonly needs: RuleNeeds;
}

/** Over the notification service these come for a whole queue or user; a detail event only for one conversation whose id is known. */
const FOR_MANY = /^v2\.(?:routing\.queues|users)\.\{id\}\.conversations(?:\.|$)/;
const EDGES = EDGE_KINDS.map(edgeTopic);

/** Whether each rule can get an event, by one of its topics and one of the ways in that are configured. */
export async function checkTopics(
  calls: Pick<OrganisationCalls, 'listAvailableTopics'>,
  { config, needs }: TopicQuestions,
): Promise<readonly Finding[]> {
  const available = await calls.listAvailableTopics().catch(() => null);
  return needs.topics.map(({ rule, patterns }) => {
    const about = `topics of rule ${rule}`;
    if (available === null) return unknown(about, 'the available topics could not be listed', 'try again');
    const verdicts = patterns.map((pattern) => judge(pattern, available, config));
    const reachable = verdicts.find(({ comesBy }) => comesBy !== null);
    if (reachable?.comesBy) return ok(about, reachable.comesBy);
    const [first] = verdicts;
    return wrong(about, first?.why ?? 'it names none', first?.todo ?? 'name a topic');
  });
}

interface Verdict {
  /** How its events come; `null` when they do not. */
  readonly comesBy: string | null;
  readonly why: string;
  readonly todo: string;
}

function judge(
  pattern: string,
  available: readonly AvailableTopic[],
  { notifications, webhook }: TopicQuestions['config'],
): Verdict {
  const { matches } = compileTopicPattern(pattern);
  const fails = (why: string, todo: string): Verdict => ({ comesBy: null, why: `${pattern}: ${why}`, todo });
  const comes = (comesBy: string): Verdict => ({ comesBy, why: '', todo: '' });
  if (EDGES.some(matches))
    return comes(notifications === null ? 'derived from snapshots that are delivered' : 'derived from notifications');
  const matched = available.filter(({ id }) => matches(id));
  if (matched.length === 0) {
    if (webhook !== null && !pattern.startsWith('v2.')) return comes('a topic of your own, sent to the webhook');
    return fails('Genesys has no such topic', 'correct it; npm run topics lists what the rules need');
  }
  const transports = new Set(matched.flatMap((topic) => topic.transports));
  if (webhook !== null && [...transports].some((transport) => transport !== 'Websocket'))
    return comes(`delivered (${[...transports].join(', ')})`);
  if (notifications === null) return fails('comes over the notification service only', 'set GENESYS_NOTIFICATIONS');
  if (matched.some(({ id, transports: by }) => FOR_MANY.test(id) && (by.includes('Websocket') || by.includes('All'))))
    return comes('notifications');
  const todo = `use one of ${EDGES.join(', ')}, or have it delivered by EventBridge (docs/connect-genesys.md)`;
  return fails('not on this transport: over notifications it comes for single conversations only', todo);
}
