import { ACTIONS, openActions } from '../../src/actions/registry.ts';
import type { Action } from '../../src/domain/action.ts';
import type { ConversationEvent } from '../../src/domain/conversation-event.ts';
import { newEntry } from '../../src/domain/inbox-entry.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import type { GenesysClient } from '../../src/genesys/genesys-client.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import type { RenderContext, Rule, RuleSet } from '../../src/rules/rule-set.ts';
import { createRuleTime } from '../../src/rules/rule-time.ts';
import { ConversationView } from '../../src/worker/conversation-view.ts';
import { createKnownRules } from '../../src/worker/known-rules.ts';
import { planEntry } from '../../src/worker/plan-entry.ts';
import { runBatch } from '../../src/worker/run-batch.ts';

/** The example of W3C Trace Context, so that a case can expect what is rendered of the trace. */
const TRACEPARENT = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';

/** The event came in so long ago that the worker waits for no other event of its burst. */
const A_WHILE_MS = 1_000;

/** What the service would do for an event. */
export interface PlannedEvent {
  /** Names of the rules that match, in file order. */
  readonly rules: readonly string[];
  /** As rendered, by rule; those that were reached. */
  readonly actions: readonly (Action & { readonly rule: string })[];
  readonly outcomes: readonly Outcome[];
  /** For each rule whose `onlyIf` was judged. */
  readonly onlyIf: readonly JudgedOnlyIf[];
  /** What was asked of Genesys, in order. */
  readonly reads: readonly Read[];
}

export interface JudgedOnlyIf {
  readonly rule: string;
  /** `null`: it holds. */
  readonly because: string | null;
  readonly variables: Readonly<Record<string, unknown>>;
}

export type Read = 'getConversation' | 'listWrapupCodes' | 'queueExists' | 'findQueue';

/** Of an event that nothing is planned for. */
export const NOTHING_PLANNED = { actions: [], outcomes: [], onlyIf: [], reads: [] } as const;

export interface PlanOptions {
  readonly ruleSet: RuleSet;
  /** Answers reads; writes are never asked of it. */
  readonly client: GenesysClient;
  /** Epoch milliseconds. */
  readonly now: number;
}

export function matchedRules(ruleSet: RuleSet, event: ConversationEvent): readonly string[] {
  const time = createRuleTime(Number.POSITIVE_INFINITY);
  return ruleSet.candidates(event.topic).flatMap(({ name, judge }) => (judge(event, time) === 'matched' ? name : []));
}

/** Matches and plans with the code of the service; every rule is in shadow mode, so nothing is written anywhere. */
export async function planEvent(event: ConversationEvent, { ruleSet, client, now }: PlanOptions): Promise<PlannedEvent> {
  const rules = matchedRules(ruleSet, event);
  const entry = newEntry(
    event,
    { kind: 'rules', rules },
    { receivedAt: now - A_WHILE_MS, traceparent: TRACEPARENT, via: 'webhook' },
  );
  const noted: Noted = { actions: [], onlyIf: [] };
  const reads: Read[] = [];
  const shadows = new Map([...ruleSet.rules].map(([name, rule]) => [name, inShadow(rule, noted)]));
  const clock = () => now;
  const ownWrites = {
    recent: async () => new Map(),
    isOwn: async () => false,
    remember: async () => ({ stored: Promise.resolve() }),
  };
  const actions = openActions(ACTIONS, { redis: nothingStored(), prefix: '', retrySeconds: 1, ownWrites, now: clock });
  const progress = await planEntry({ raw: '', entry }, entry, {
    rules: createKnownRules({ ruleSet: () => ({ ...ruleSet, rules: shadows }), reload: () => {}, now: clock }),
    actions,
    ownWrites,
    unknownGraceMs: 0,
    now: clock,
  });
  const observed = observeReads(client, reads);
  const view = new ConversationView({
    conversationId: event.conversationId,
    client: observed,
    signal: new AbortController().signal,
  });
  await runBatch([progress], view, {
    actions,
    attempts: 1,
    backoff: { firstMs: 1, capMs: 1 },
    now: clock,
    readBackDelaysMs: [],
    rest: async () => {},
    readMore: async () => [],
    checkpoint: async () => {},
    takeEvidence: async () => [],
    planFromSnapshots: false,
    recentWrites: async () => new Map(),
    isClosed: () => false,
    confirmWithinMs: 0,
    hasPlenty: () => true,
  });
  return { rules, ...noted, outcomes: Object.values(progress.outcomes), reads };
}

interface Noted {
  readonly actions: (Action & { readonly rule: string })[];
  readonly onlyIf: JudgedOnlyIf[];
}

/** The client, with a note of each read. */
function observeReads(client: GenesysClient, reads: Read[]): GenesysClient {
  const observe =
    <A extends unknown[], R>(name: Read, read: (...args: A) => R) =>
    (...args: A): R => {
      reads.push(name);
      return read(...args);
    };
  return {
    ...client,
    getConversation: observe('getConversation', client.getConversation),
    listWrapupCodes: observe('listWrapupCodes', client.listWrapupCodes),
    queueExists: observe('queueExists', client.queueExists),
    findQueue: observe('findQueue', client.findQueue),
  };
}

/** The rule as it is, in shadow mode, with a note of its `onlyIf` and of each action that it renders. */
function inShadow(rule: Rule, noted: Noted): Rule {
  const { judgeOnlyIf } = rule;
  const actions = rule.actions.map(({ type, render }) => ({
    type,
    render: (context: Parameters<typeof render>[0]) => {
      const action = render(context);
      noted.actions.push({ rule: rule.name, ...action });
      return action;
    },
  }));
  const judge = (context: RenderContext) => {
    const because = judgeOnlyIf?.(context) ?? null;
    noted.onlyIf.push({ rule: rule.name, because, variables: { participant: {}, ...context } });
    return because;
  };
  return { ...rule, isShadow: true, actions, judgeOnlyIf: judgeOnlyIf === null ? null : judge };
}

/** A Redis in which there is nothing: planning asks for transfers that were sent before. */
function nothingStored(): RedisConnection {
  return new Proxy({}, { get: (_target, name) => (name === 'then' ? undefined : async () => null) }) as RedisConnection;
}
