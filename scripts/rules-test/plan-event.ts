import { ACTIONS, openActions } from '../../src/actions/registry.ts';
import type { Action } from '../../src/domain/action.ts';
import type { ConversationEvent } from '../../src/domain/conversation-event.ts';
import { newEntry } from '../../src/domain/inbox-entry.ts';
import type { Outcome } from '../../src/domain/outcome.ts';
import { createTraceContext } from '../../src/domain/trace-context.ts';
import type { GenesysClient } from '../../src/genesys/genesys-client.ts';
import type { RedisConnection } from '../../src/redis/connection.ts';
import type { Rule, RuleSet } from '../../src/rules/rule-set.ts';
import { createRuleTime } from '../../src/rules/rule-time.ts';
import { ConversationView } from '../../src/worker/conversation-view.ts';
import { createKnownRules } from '../../src/worker/known-rules.ts';
import { planEntry } from '../../src/worker/plan-entry.ts';
import { runBatch } from '../../src/worker/run-batch.ts';

/** What the service would do for an event. */
export interface PlannedEvent {
  /** Names of the rules that match, in file order. */
  readonly rules: readonly string[];
  /** As rendered, by rule; those that were reached. */
  readonly actions: readonly (Action & { readonly rule: string })[];
  readonly outcomes: readonly Outcome[];
}

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
  const { traceparent } = createTraceContext();
  const entry = newEntry(event, { kind: 'rules', rules }, { receivedAt: now, traceparent });
  const rendered: (Action & { readonly rule: string })[] = [];
  const shadows = new Map([...ruleSet.rules].map(([name, rule]) => [name, inShadow(rule, rendered)]));
  const clock = () => now;
  const ownWrites = { isOwn: async () => false, remember: async () => {} };
  const actions = openActions(ACTIONS, { redis: nothingStored(), prefix: '', retrySeconds: 1, ownWrites, now: clock });
  const progress = await planEntry({ raw: '', entry }, entry, {
    rules: createKnownRules({ ruleSet: () => ({ ...ruleSet, rules: shadows }), reload: () => {}, now: clock }),
    actions,
    ownWrites,
    unknownGraceMs: 0,
    now: clock,
  });
  const view = new ConversationView({ conversationId: event.conversationId, client, signal: new AbortController().signal });
  await runBatch([progress], view, {
    actions,
    attempts: 1,
    backoff: { firstMs: 1, capMs: 1 },
    now: clock,
    readBackDelaysMs: [],
    rest: async () => {},
    readMore: async () => [],
    checkpoint: async () => {},
  });
  return { rules, actions: rendered, outcomes: Object.values(progress.outcomes) };
}

/** The rule as it is, in shadow mode, with a note of each action that it renders. */
function inShadow(rule: Rule, rendered: (Action & { readonly rule: string })[]): Rule {
  const actions = rule.actions.map(({ type, render }) => ({
    type,
    render: (context: Parameters<typeof render>[0]) => {
      const action = render(context);
      rendered.push({ rule: rule.name, ...action });
      return action;
    },
  }));
  return { ...rule, isShadow: true, actions };
}

/** A Redis in which there is nothing: planning asks for transfers that were sent before. */
function nothingStored(): RedisConnection {
  return new Proxy({}, { get: (_target, name) => (name === 'then' ? undefined : async () => null) }) as RedisConnection;
}
