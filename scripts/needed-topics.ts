import { EDGE_KINDS, edgeTopic } from '../src/domain/edge-topics.ts';
import { TOPIC_CATALOGUE } from '../src/domain/topic-catalogue.ts';
import { compileTopicPattern } from '../src/rules/topic-pattern.ts';

/** What the snapshots come on from which hookpatch derives its own topics. */
const SNAPSHOT_TOPIC = 'v2.routing.queues.{id}.conversations';
const EDGES = EDGE_KINDS.map(edgeTopic);

export interface NeededTopics {
  /** Genesys's topics with the literal `{id}`, sorted. */
  readonly topics: readonly string[];
  /** Patterns that match no topic of Genesys that is known: a relay's own, or a mistake. */
  readonly unknown: readonly string[];
}

/** The topics of Genesys that patterns need; a topic of hookpatch needs the snapshots that it is derived from. */
export function neededTopics(patterns: readonly string[]): NeededTopics {
  const topics = new Set<string>();
  const unknown: string[] = [];
  for (const pattern of patterns) {
    const { matches } = compileTopicPattern(pattern);
    const found = TOPIC_CATALOGUE.map(({ topic }) => topic).filter(matches);
    if (found.length === 0) unknown.push(pattern);
    for (const topic of found) topics.add(EDGES.includes(topic) ? SNAPSHOT_TOPIC : topic);
  }
  return { topics: [...topics].sort(), unknown };
}

/** The variable `topics` of deploy/terraform/genesys. */
export function toTerraform(topics: readonly string[]): string {
  return ['topics = [', ...topics.map((topic) => `  "${topic}",`), ']'].join('\n');
}

/** The pattern of an EventBridge rule on the partner event bus. */
export function toEventPattern(topics: readonly string[]): string {
  const source = [{ prefix: 'aws.partner/genesys.com' }];
  return JSON.stringify({ source, 'detail-type': topics }, null, 2);
}
