import { metrics } from '@opentelemetry/api';
import type { ActionType } from '../domain/action.ts';
import { type Outcome, type OutcomeKind, REASONS } from '../domain/outcome.ts';
import { createTally } from './tally.ts';
import { topicLabel } from './topic-label.ts';

/**
 * Every metric of hookpatch; the only place with their names, units and labels (see docs/telemetry.md).
 * Labels are closed lists: never an id, never a value from an event. In Prometheus, dots are underscores, counters end in
 * `_total` and times in `_seconds`.
 */
const meter = metrics.getMeter('hookpatch');

/** From a cached response to the 10 s time-out of a call, and twice that for a call that waits for a token. */
const CALL_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.5, 0.75, 1, 2, 5, 10, 20];
/** https://opentelemetry.io/docs/specs/semconv/http/http-metrics/#metric-httpserverrequestduration */
const REQUEST_BUCKETS_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10];
/** From a few milliseconds to the hours that a backlog or a long `Retry-After` can take. */
const APPLIED_BUCKETS_SECONDS = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600];

/** Every status that a delivery can have in normal operation. */
const DELIVERY_STATUSES = [202, 400, 401, 409, 413, 415, 503];

const requests = meter.createHistogram('http.server.request.duration', {
  description: 'Duration of HTTP server requests',
  unit: 's',
  advice: { explicitBucketBoundaries: REQUEST_BUCKETS_SECONDS },
});
const deliveries = createTally(
  meter.createObservableCounter('hookpatch.deliveries', { description: 'Deliveries by HTTP answer', unit: '{delivery}' }),
  DELIVERY_STATUSES.map((status) => [status, { 'http.response.status_code': status }]),
);
const events = createTally(
  meter.createObservableCounter('hookpatch.events', { description: 'Events by topic and status', unit: '{event}' }),
);
const actions = createTally(
  meter.createObservableCounter('hookpatch.actions', { description: 'Actions by outcome and reason', unit: '{action}' }),
);
const genesysCalls = meter.createHistogram('hookpatch.genesys.call.duration', {
  description: 'Platform API calls by call and status',
  unit: 's',
  advice: { explicitBucketBoundaries: CALL_BUCKETS_SECONDS },
});
const tokenRefreshes = meter.createCounter('hookpatch.genesys.token.refreshes', {
  description: 'Tokens asked for',
  unit: '{token}',
});
const pacingWaits = meter.createHistogram('hookpatch.genesys.pacing.wait', {
  description: 'How long requests waited for their turn and for a token, by lane',
  unit: 's',
  advice: { explicitBucketBoundaries: APPLIED_BUCKETS_SECONDS },
});
const refusals = meter.createCounter('hookpatch.genesys.rate_limited', {
  description: 'Requests that Genesys refused with 429, by what the limit is about',
  unit: '{request}',
});
const callsByRule = createTally(
  meter.createObservableCounter('hookpatch.genesys.calls.by_rule', {
    description: 'Platform API calls by rule and topic of the event; the calls of a batch are divided among its events',
    unit: '{call}',
  }),
);
const callsSaved = meter.createCounter('hookpatch.genesys.calls.saved', {
  description: 'Platform API calls that merging events made unnecessary',
  unit: '{call}',
});
const receiptToApplied = meter.createHistogram('hookpatch.receipt_to_applied', {
  description: 'From receipt of an event to its action applied',
  unit: 's',
  advice: { explicitBucketBoundaries: APPLIED_BUCKETS_SECONDS },
});
const conditionFailures = meter.createCounter('hookpatch.rules.condition.failures', {
  description: 'Conditions (when.if) that could not be evaluated, by rule',
  unit: '{event}',
});

const ruleTimeUsedUp = meter.createCounter('hookpatch.rules.time_used_up', {
  description: 'Deliveries whose conditions took longer than they may',
  unit: '{delivery}',
});

/** The attributes have OpenTelemetry's own names, and values of closed lists: method, route, status, scheme. */
export function recordRequestDuration(durationMs: number, attributes: Readonly<Record<string, string | number>>): void {
  requests.record(durationMs / 1000, attributes);
}

/** `answer` is the HTTP status. */
export function recordDelivery(answer: number): void {
  deliveries(answer, () => ({ 'http.response.status_code': answer }));
}

/** A topic that Genesys does not document counts as `other`. */
export function recordEvent(topic: string, status: 'accepted' | 'duplicate' | 'ignored'): void {
  const label = topicLabel(topic);
  events(`${status} ${label}`, () => ({ topic: label, status }));
}

const keysReused = meter.createCounter('hookpatch.keys.reused', {
  description: 'Idempotency keys that came again with other content',
  unit: '{key}',
});

/** `kind` is that of an entry's work. */
export function recordKeyReused(kind: 'rules' | 'command'): void {
  keysReused.add(1, { kind });
}

export function recordOutcome({ action, kind, reason }: Outcome): void {
  countActions(action ?? 'none', kind, reason, 1);
}

function countActions(action: string, outcome: OutcomeKind, reason: string, count: number): void {
  actions(`${action} ${outcome} ${reason}`, () => ({ action, outcome, reason }), count);
}

/**
 * Initialises the counter of every possible outcome of these kinds of action with 0. Prometheus sees no increase in a series that
 * begins with 1, so without this the first dead letter of a process would raise no alert. For a process that has a worker.
 */
export function showOutcomesFromZero(types: readonly ActionType[]): void {
  const kinds = Object.keys(REASONS) as OutcomeKind[];
  for (const action of types) {
    for (const outcome of kinds) for (const reason of REASONS[outcome]) countActions(action, outcome, reason, 0);
  }
}

/** What a limit of Genesys can be about; the labels of `hookpatch.genesys.rate_limited`. */
const LIMIT_SCOPES = ['token', 'client', 'application', 'route', 'organization'];

// For the same reason as the outcomes, in every process: a burst of 429s or of reused keys may be the first of its kind.
for (const scope of LIMIT_SCOPES) refusals.add(0, { scope });
for (const kind of ['rules', 'command']) keysReused.add(0, { kind });
for (const counter of [ruleTimeUsedUp, callsSaved, tokenRefreshes]) counter.add(0);

/** `status` is the HTTP status, or without one the kind of failure. */
export function recordGenesysCall(call: string, status: number | string, durationMs: number): void {
  genesysCalls.record(durationMs / 1000, { call, status: String(status) });
}

export function recordPacingWait(lane: string, waitedMs: number): void {
  pacingWaits.record(waitedMs / 1000, { lane });
}

export function recordRateLimited(scope: string): void {
  refusals.add(1, { scope });
}

export function recordTokenRefresh(): void {
  tokenRefreshes.add(1);
}

/** `calls` may be a fraction. */
export function recordRuleCalls(rule: string, topic: string, calls: number): void {
  if (calls <= 0) return;
  const label = topicLabel(topic);
  callsByRule(`${rule} ${label}`, () => ({ rule, topic: label }), calls);
}

export function recordCallsSaved(calls: number): void {
  if (calls > 0) callsSaved.add(calls);
}

export function recordReceiptToApplied(durationMs: number): void {
  receiptToApplied.record(durationMs / 1000);
}

export function recordConditionFailure(rule: string): void {
  conditionFailures.add(1, { rule });
}

/** The counter of a rule that has a condition begins at 0. */
export function showConditionFailuresFromZero(rule: string): void {
  conditionFailures.add(0, { rule });
}

export function recordRuleTimeUsedUp(): void {
  ruleTimeUsedUp.add(1);
}

export interface QueueGauges {
  /** Conversations with a waiting entry. */
  readonly pendingConversations: number;
  /** Seconds; 0 when nothing waits. */
  readonly oldestPendingAgeSeconds: number;
  /** Jobs of the conversation queue by BullMQ state. */
  readonly jobs: Readonly<Record<string, number>>;
  readonly deadLetters: number;
}

/** Read at each collection; `null` when Redis does not respond. A gauge that can't be read is absent. */
export function observeQueues(read: () => Promise<QueueGauges | null>): void {
  const pending = meter.createObservableGauge('hookpatch.inbox.pending_conversations', {
    description: 'Conversations with a waiting event',
    unit: '{conversation}',
  });
  const oldest = meter.createObservableGauge('hookpatch.inbox.oldest_age', {
    description: 'How long the conversation that has waited longest has waited',
    unit: 's',
  });
  const jobs = meter.createObservableGauge('hookpatch.jobs', { description: 'Jobs by state', unit: '{job}' });
  const deadLetters = meter.createObservableGauge('hookpatch.dead_letters', {
    description: 'Dead letters that wait for a person',
    unit: '{job}',
  });
  const redisUp = meter.createObservableGauge('hookpatch.redis.up', {
    description: 'Whether Redis responds as it should: 1 or 0',
    unit: '{redis}',
  });
  meter.addBatchObservableCallback(
    async (result) => {
      const gauges = await read().catch((error: unknown) => {
        result.observe(redisUp, 0);
        throw error;
      });
      result.observe(redisUp, gauges === null ? 0 : 1);
      if (gauges === null) return;
      result.observe(pending, gauges.pendingConversations);
      result.observe(oldest, gauges.oldestPendingAgeSeconds);
      for (const [state, count] of Object.entries(gauges.jobs)) result.observe(jobs, count, { state });
      result.observe(deadLetters, gauges.deadLetters);
    },
    [redisUp, pending, oldest, jobs, deadLetters],
  );
}

export interface PacingGauges {
  /** Requests that could be sent at once right now, by lane. */
  readonly budgetByLane: Readonly<Record<string, number>>;
  /** Until a conversation may be fetched again; 0 when no 429 forbids it. */
  readonly pausedSeconds: number;
  /** Access tokens that may be used. */
  readonly tokens: number;
  /** Limits in force beyond those of single tokens. */
  readonly limits: readonly { readonly scope: string; readonly ratePerMinute: number }[];
  /** Calls a month that the organisation's licences include; `null`: not known. */
  readonly fairUseCallsPerMonth: number | null;
}

/** Read at each collection. */
export function observePacing(read: () => PacingGauges): void {
  const budget = meter.createObservableGauge('hookpatch.genesys.rate_budget', {
    description: 'Requests that may be sent right now, by lane',
    unit: '{request}',
  });
  const tokens = meter.createObservableGauge('hookpatch.genesys.tokens', {
    description: 'Access tokens that may be used right now',
    unit: '{token}',
  });
  const paused = meter.createObservableGauge('hookpatch.genesys.paused', {
    description: 'Until calls may be sent again after a 429; 0 when nothing is paused',
    unit: 's',
  });
  const limitRate = meter.createObservableGauge('hookpatch.genesys.limit.rate', {
    description: 'Requests a minute that limits beyond single tokens allow, by scope',
    unit: '{request}',
  });
  const fairUse = meter.createObservableGauge('hookpatch.genesys.fair_use', {
    description: 'Calls a month that the licences of the organisation include',
    unit: '{call}',
  });
  meter.addBatchObservableCallback(
    (result) => {
      const gauges = read();
      for (const [lane, requests] of Object.entries(gauges.budgetByLane)) result.observe(budget, requests, { lane });
      result.observe(paused, gauges.pausedSeconds);
      result.observe(tokens, gauges.tokens);
      for (const { scope, ratePerMinute } of gauges.limits) result.observe(limitRate, ratePerMinute, { scope });
      if (gauges.fairUseCallsPerMonth !== null) result.observe(fairUse, gauges.fairUseCallsPerMonth);
    },
    [budget, paused, tokens, limitRate, fairUse],
  );
}

/** The rules of the process: processes with the same digest have the same rules. */
export function observeRules(read: () => { readonly rules: number; readonly digest: string }): void {
  meter
    .createObservableGauge('hookpatch.rules.loaded', { description: 'Rules in force, by their digest', unit: '{rule}' })
    .addCallback((result) => {
      const { rules, digest } = read();
      result.observe(rules, { digest });
    });
}
