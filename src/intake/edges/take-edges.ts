import type { ConversationEvent } from '../../domain/conversation-event.ts';
import { EDGE_KINDS, edgeTopic } from '../../domain/edge-topics.ts';
import { newEntry } from '../../domain/inbox-entry.ts';
import type { RuleSet } from '../../rules/rule-set.ts';
import type { StoryRecorder } from '../../story/story-recorder.ts';
import { recordEvent } from '../../telemetry/metrics.ts';
import { currentTraceparent } from '../../telemetry/tracing.ts';
import type { Origin } from '../intake.ts';
import { type MatchEvents, missedOf, namesOfMatched } from '../match-events.ts';
import { recordReceived } from '../record-received.ts';
import { deriveEdges } from './derive-edges.ts';
import type { EdgeMemory } from './edge-memory.ts';
import { snapshotOf } from './snapshot.ts';

export interface TakeEdgesOptions {
  readonly memory: EdgeMemory;
  readonly matchEvents: MatchEvents;
  ensureJobs(conversationIds: readonly string[]): Promise<unknown>;
  readonly story: StoryRecorder;
}

/** Stores the edges that follow from an event, if it is a snapshot. Resolves when they and their job are in Redis. */
export type TakeEdges = (event: ConversationEvent, ruleSet: RuleSet, receivedAt: number, origin: Origin) => Promise<void>;

/** Other processes process snapshots of the same conversation; there are no more than a few at one moment. */
const TRIES = 20;

export function createTakeEdges({ memory, matchEvents, ensureJobs, story }: TakeEdgesOptions): TakeEdges {
  return async (event, ruleSet, receivedAt, { via, fence }) => {
    const snapshot = snapshotOf(event);
    // An edge that no rule matches costs nothing.
    if (snapshot === null || !EDGE_KINDS.some((kind) => ruleSet.candidates(edgeTopic(kind)).length > 0)) return;
    const { conversationId } = event;
    for (let tries = 0; tries < TRIES; tries += 1) {
      const before = await memory.recall(conversationId);
      const { edges, state } = deriveEdges(snapshot, before.state);
      if (JSON.stringify(state) === before.text) return;
      const judged = await matchEvents(edges, ruleSet);
      const matched = edges.map((edge, index) => {
        const verdicts = judged[index] ?? [];
        return { edge, verdicts, rules: namesOfMatched(verdicts), missed: missedOf(verdicts) };
      });
      const origin = { receivedAt, traceparent: currentTraceparent(), via };
      const entries = matched
        .filter(({ rules }) => rules.length > 0)
        .map(({ edge, rules, missed }) => newEntry(edge, { kind: 'rules', rules }, { ...origin, ...missed }));
      const advanced = await memory.advance(conversationId, before, state, { entries, receivedAt, fence });
      if (advanced === 'changed') continue;
      for (const { edge, verdicts, rules } of matched) {
        const status = rules.length > 0 ? 'accepted' : 'ignored';
        recordEvent(edge.topic, status);
        recordReceived(story, edge, { status, rules: verdicts, at: receivedAt, via });
      }
      // If the process dies here, the conversation has no job; the sweeper finds it.
      if (advanced === 'needs-job') await ensureJobs([conversationId]);
      return;
    }
    throw new Error('what is remembered of the conversation kept changing');
  };
}
