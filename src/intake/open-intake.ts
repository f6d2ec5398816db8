import type { Logger } from 'pino';
import type { Config } from '../config/config.ts';
import type { ActionType } from '../domain/action.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import { createAwaitedProofs } from '../inbox/awaited-proofs.ts';
import { createCommandStore } from '../inbox/command-store.ts';
import { createInbox } from '../inbox/redis-inbox.ts';
import { createConversationQueue } from '../queue/conversation-queue.ts';
import type { RedisConnection } from '../redis/connection.ts';
import type { RuleSet } from '../rules/rule-set.ts';
import type { StoryRecorder } from '../story/story-recorder.ts';
import { FROM_WEBHOOK } from './accept-events.ts';
import { createIntake } from './create-intake.ts';
import { createDeliveryStore } from './delivery-store.ts';
import { createEdgeMemory } from './edges/edge-memory.ts';
import { createTakeEdges } from './edges/take-edges.ts';
import type { Intake } from './intake.ts';
import { createLastSeen } from './last-seen.ts';
import { createMatchEvents } from './match-events.ts';
import { createNoteEvidence, type NoteEvidenceOptions } from './note-evidence.ts';

export interface OpenIntakeOptions {
  readonly config: Pick<Config, 'redis' | 'eventDedupSeconds'>;
  /** Of the purpose `producer`. */
  readonly redis: RedisConnection;
  ruleSet(): RuleSet;
  readonly story: StoryRecorder;
  /** Whether an action comes too late when it waits behind others; by default no action does. */
  isUrgent?(action: ActionType): boolean;
  /** What an event shows of what actions write; by default nothing. */
  readonly evidence?: Pick<NoteEvidenceOptions, 'mayShow' | 'evidenceOf'>;
  readonly logger: Logger;
}

/** The intake on Redis: the inbox and queue, and the results of commands. */
export function openIntake({
  config,
  redis,
  ruleSet,
  isUrgent = () => false,
  evidence = NO_EVIDENCE,
  story,
  logger,
}: OpenIntakeOptions): Intake {
  const { prefix } = config.redis;
  const inbox = createInbox({ redis, prefix, dedupSeconds: config.eventDedupSeconds });
  const queue = createConversationQueue({ connection: redis, prefix, logger });
  const commands = createCommandStore({ redis, prefix, ttlSeconds: config.eventDedupSeconds });
  const store = createDeliveryStore({ inbox, queue, isUrgent: (entry) => actionsOf(entry, ruleSet()).some(isUrgent) });
  const ensureJobs = (ids: readonly string[]) => queue.ensureJobs(ids);
  const takeEdges = createTakeEdges({
    memory: createEdgeMemory({ redis, prefix }),
    matchEvents: createMatchEvents(logger),
    ensureJobs,
    story,
  });
  const noteEvidence = createNoteEvidence({ proofs: createAwaitedProofs({ redis, prefix }), queue, ...evidence });
  const intake = createIntake({ store, commands, ruleSet, logger, takeEdges, noteEvidence, story });
  const noteSeen = createLastSeen({ redis, prefix });
  return {
    ...intake,
    acceptEvents: (events, receivedAt, origin = FROM_WEBHOOK) => {
      // A look shows that something may have been missed, and not that events come.
      if (events.length > 0 && origin.via !== 'look') noteSeen(origin.via);
      return intake.acceptEvents(events, receivedAt, origin);
    },
  };
}

const NO_EVIDENCE = { mayShow: () => false, evidenceOf: () => null };

function actionsOf({ work }: InboxEntry, { rules }: RuleSet): readonly ActionType[] {
  if (work.kind === 'command') return work.actions.map(({ type }) => type);
  if (work.kind === 'look') return [];
  return work.rules.flatMap((name) => rules.get(name)?.actions.map(({ type }) => type) ?? []);
}
