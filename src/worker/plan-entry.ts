import type { ActionKind } from '../actions/action-kind.ts';
import type { OwnWrites } from '../actions/own-writes.ts';
import type { OpenedActions } from '../actions/registry.ts';
import { type Ending, ending, findParticipant, type Gate, type Step } from '../actions/step.ts';
import { type InboxEntry, traceOf, type Work } from '../domain/inbox-entry.ts';
import type { Conversation } from '../genesys/genesys-client.ts';
import type { InboxItem } from '../inbox/inbox.ts';
import { type RenderContext, RenderError, type Rule } from '../rules/rule-set.ts';
import { EntryProgress } from './entry-progress.ts';
import type { KnownRules } from './known-rules.ts';

export interface PlanEntryDependencies {
  readonly rules: KnownRules;
  readonly actions: OpenedActions;
  readonly ownWrites: OwnWrites;
  /** How long an entry waits for a worker that knows its rules. */
  readonly unknownGraceMs: number;
  now(): number;
}

/**
 * The steps of an entry. Steps that do not depend on the conversation are finished here. An entry with a rule or an action that
 * this process does not know may have to wait for a process that does (`EntryProgress.waitsForKnowledge`).
 */
export async function planEntry(item: InboxItem, entry: InboxEntry, dependencies: PlanEntryDependencies): Promise<EntryProgress> {
  const { work } = entry;
  switch (work.kind) {
    case 'rules':
      return planRules(item, entry, work.rules, dependencies);
    case 'command':
      return planCommand(item, entry, work, dependencies);
    case 'look':
      return new EntryProgress(item, entry, [], { key: 'look', rule: LOOK_RULE, action: null, isShadow: false });
  }
}

/** Stands where an outcome names its rule. Names of rules have no parentheses. */
const LOOK_RULE = '(look)';

function planCommand(
  item: InboxItem,
  entry: InboxEntry,
  { target, actions }: Extract<Work, { kind: 'command' }>,
  dependencies: PlanEntryDependencies,
): EntryProgress {
  const keyed = actions.map((action, index) => {
    return { action, key: `command/${index}`, kind: dependencies.actions.get(action.type)?.kind };
  });
  const steps = keyed.flatMap(({ action, key, kind }): Step[] =>
    kind === undefined
      ? []
      : [{ ...stepOf(entry, kind, key, null), readsConversation: () => false, target: () => target, render: () => action }],
  );
  const progress = new EntryProgress(item, entry, steps);
  const unknown = keyed.filter(({ kind }) => kind === undefined).map(({ key }) => ({ key, rule: null, ended: UNKNOWN_ACTION }));
  settleUnknown(progress, unknown, dependencies);
  return progress;
}

async function planRules(
  item: InboxItem,
  entry: InboxEntry,
  names: readonly string[],
  dependencies: PlanEntryDependencies,
): Promise<EntryProgress> {
  const { rules, actions, ownWrites, now } = dependencies;
  const found = names.map((name) => ({ name, rule: rules.find(name) }));
  const known = new Map(found.flatMap(({ name, rule }) => (rule === null ? [] : [[name, rule] as const])));
  const steps = [...known.values()].flatMap((rule) => stepsOfRule(entry, rule, actions));
  const progress = new EntryProgress(item, entry, steps);
  const unknown = found.filter(({ rule }) => rule === null);
  settleUnknown(
    progress,
    unknown.map(({ name }) => ({ key: name, rule: name, ended: unknownRule(name) })),
    dependencies,
  );
  if (progress.waitsForKnowledge) return progress;
  for (const step of progress.todo) {
    const tooOld = endingOfOld(entry, known.get(step.rule ?? ''), now());
    if (tooOld !== null) progress.finish(step, tooOld);
  }
  if (!progress.done && (await ownWrites.isOwn(entry.event))) for (const step of progress.todo) progress.finish(step, OWN_WRITE);
  return progress;
}

const OWN_WRITE = ending('skipped', 'own-write', 'the event only reports what hookpatch wrote');
const UNKNOWN_ACTION = ending('dead-lettered', 'entry-unreadable', 'this release does not know an action of the command');

function unknownRule(name: string): Ending {
  return ending('dead-lettered', 'rule-unknown', `no worker that took the event knows the rule ${name}`);
}

interface Unknown {
  readonly key: string;
  readonly rule: string | null;
  readonly ended: Ending;
}

/** An unknown rule need not be a removed one: another worker may have it, or this worker may get it soon. */
function settleUnknown(
  progress: EntryProgress,
  unknown: readonly Unknown[],
  { unknownGraceMs, now }: PlanEntryDependencies,
): void {
  const open = unknown.filter(({ key }) => !progress.isFinished(key));
  if (open.length === 0) return;
  const since = progress.entry.unknownSince ?? now();
  if (now() - since < unknownGraceMs)
    progress.waitForKnowledge(
      since,
      open.flatMap(({ rule }) => rule ?? []),
    );
  else for (const { key, rule, ended } of open) progress.finishUnknown(key, rule, ended);
}

/**
 * Entries behind one that waits for its rule, whose rules are not known here either: their grace begins now as well. Otherwise
 * each of them would hold its conversation up for a grace of its own, one after the other.
 */
export function beginGrace(
  items: readonly InboxItem[],
  { rules, now }: Pick<PlanEntryDependencies, 'rules' | 'now'>,
): readonly { readonly item: InboxItem; readonly entry: InboxEntry }[] {
  const unknownSince = now();
  return items.flatMap((item) => {
    const { entry } = item;
    if (entry === null || entry.work.kind !== 'rules' || entry.unknownSince !== undefined) return [];
    return entry.work.rules.every((name) => rules.find(name) !== null) ? [] : [{ item, entry: { ...entry, unknownSince } }];
  });
}

function endingOfOld(entry: InboxEntry, rule: Rule | undefined, now: number): Ending | null {
  const ageMs = now - Date.parse(entry.event.occurredAt);
  if (rule === undefined || entry.replayed || ageMs <= rule.maxAgeMs) return null;
  const detail = `the event is ${Math.round(ageMs / 1000)} s old, the rule takes at most ${rule.maxAgeMs / 1000} s`;
  return ending('skipped', 'too-old', detail);
}

function stepsOfRule(entry: InboxEntry, rule: Rule, actions: OpenedActions): Step[] {
  const base = { event: entry.event, trace: traceOf(entry) };
  const gate = gateOf(entry, rule, base);
  return rule.actions.flatMap(({ type, render }, index): Step[] => {
    const kind = actions.get(type)?.kind;
    if (kind === undefined) return [];
    return [
      {
        ...stepOf(entry, kind, `${rule.name}/${index}`, rule.name),
        gate,
        isShadow: rule.isShadow,
        readsConversation: () => gate !== null || !rendersWithout(rule, render, base),
        target: (conversation) => rule.renderTarget({ ...base, conversation: fields(conversation) }),
        render: (conversation, participant) =>
          render({ ...base, conversation: fields(conversation), participant: fields(participant) }),
      },
    ];
  });
}

/**
 * Evaluated once for all steps of the rule, at the first of them, because an action may change what the condition reads. After a
 * retry, an action with an outcome shows that the condition held before.
 */
function gateOf(entry: InboxEntry, rule: Rule, base: Pick<RenderContext, 'event' | 'trace'>): Gate | null {
  const { judgeOnlyIf } = rule;
  if (judgeOnlyIf === null || rule.actions.some((_, index) => `${rule.name}/${index}` in entry.outcomes)) return null;
  let judged: { readonly because: string | null } | null = null;
  return {
    closedBecause(step, conversation) {
      judged ??= { because: judgeOnlyIf({ ...base, conversation: fields(conversation), ...participantOf(step, conversation) }) };
      return judged.because;
    },
  };
}

/** What renders although there is no conversation does not depend on one. */
function rendersWithout(
  rule: Rule,
  render: Rule['actions'][number]['render'],
  base: Pick<RenderContext, 'event' | 'trace'>,
): boolean {
  try {
    const context = base as RenderContext;
    rule.renderTarget(context);
    render(context);
    return true;
  } catch (error) {
    if (error instanceof RenderError) return false;
    throw error;
  }
}

/** The participant of the first action, if there is one. */
function participantOf(step: Step, conversation: Conversation): Pick<RenderContext, 'participant'> {
  try {
    const resolution = findParticipant(step, conversation);
    return resolution.found ? { participant: fields(resolution.participant) } : {};
  } catch (error) {
    if (error instanceof RenderError) return {};
    throw error;
  }
}

/** The SDK's models are interfaces without an index signature; expressions use them as plain maps. */
function fields(resource: object): RenderContext['conversation'] {
  return resource as Readonly<Record<string, unknown>>;
}

function stepOf(
  entry: InboxEntry,
  kind: ActionKind,
  key: string,
  rule: string | null,
): Omit<Step, 'target' | 'render' | 'readsConversation'> {
  return {
    key,
    rule,
    action: kind.type,
    entryId: entry.id,
    defaultSelector: kind.defaultSelector(entry.event),
    gate: null,
    isShadow: false,
  };
}
