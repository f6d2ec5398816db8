import type { ActionKind } from '../actions/action-kind.ts';
import type { OwnWrites } from '../actions/own-writes.ts';
import type { OpenedActions } from '../actions/registry.ts';
import { type Ending, ending, type Step } from '../actions/step.ts';
import type { InboxEntry, Work } from '../domain/inbox-entry.ts';
import { createTraceContext, parseTraceparent } from '../domain/trace-context.ts';
import type { InboxItem } from '../inbox/inbox.ts';
import type { RenderContext, Rule, RuleSet } from '../rules/rule-set.ts';
import { EntryProgress } from './entry-progress.ts';

export interface PlanEntryDependencies {
  ruleSet(): RuleSet;
  readonly actions: OpenedActions;
  readonly ownWrites: OwnWrites;
  now(): number;
}

/** The steps of an entry; those that need no look at the conversation are finished already. */
export async function planEntry(item: InboxItem, entry: InboxEntry, dependencies: PlanEntryDependencies): Promise<EntryProgress> {
  return entry.work.kind === 'command'
    ? planCommand(item, entry, entry.work, dependencies)
    : planRules(item, entry, entry.work.rules, dependencies);
}

function planCommand(
  item: InboxItem,
  entry: InboxEntry,
  { target, actions }: Extract<Work, { kind: 'command' }>,
  { actions: opened }: PlanEntryDependencies,
): EntryProgress {
  const keyed = actions.map((action, index) => ({ action, key: `command/${index}`, kind: opened.get(action.type)?.kind }));
  const steps = keyed.flatMap(({ action, key, kind }): Step[] =>
    kind === undefined ? [] : [{ ...stepOf(entry, kind, key, null), target: () => target, render: () => action }],
  );
  const progress = new EntryProgress(item, entry, steps);
  for (const { key, kind } of keyed) if (kind === undefined) progress.finishUnknown(key, null, UNKNOWN_KIND);
  return progress;
}

async function planRules(
  item: InboxItem,
  entry: InboxEntry,
  names: readonly string[],
  { ruleSet, actions, ownWrites, now }: PlanEntryDependencies,
): Promise<EntryProgress> {
  const { rules } = ruleSet();
  const known = names.flatMap((name) => rules.get(name) ?? []);
  const progress = new EntryProgress(
    item,
    entry,
    known.flatMap((rule) => stepsOfRule(entry, rule, actions)),
  );
  for (const name of names) if (!rules.has(name)) progress.finishUnknown(name, name, REMOVED);
  for (const step of progress.todo) {
    const tooOld = endingOfOld(entry, rules.get(step.rule ?? ''), now());
    if (tooOld !== null) progress.finish(step, tooOld);
  }
  if (!progress.done && (await ownWrites.isOwn(entry.event))) for (const step of progress.todo) progress.finish(step, OWN_WRITE);
  return progress;
}

const REMOVED = ending('skipped', 'rule-removed', 'the rule is no longer in the rules file');
const OWN_WRITE = ending('skipped', 'own-write', 'the event only reports what hookpatch wrote');
const UNKNOWN_KIND = ending('dead-lettered', 'entry-unreadable', 'this release does not know the action of the command');

function endingOfOld(entry: InboxEntry, rule: Rule | undefined, now: number): Ending | null {
  const ageMs = now - Date.parse(entry.event.occurredAt);
  if (rule === undefined || entry.replayed || ageMs <= rule.maxAgeMs) return null;
  const detail = `the event is ${Math.round(ageMs / 1000)} s old, the rule takes at most ${rule.maxAgeMs / 1000} s`;
  return ending('skipped', 'too-old', detail);
}

function stepsOfRule(entry: InboxEntry, rule: Rule, actions: OpenedActions): Step[] {
  const trace = parseTraceparent(entry.traceparent) ?? createTraceContext();
  const base = { event: entry.event, trace };
  return rule.actions.flatMap(({ type, render }, index): Step[] => {
    const kind = actions.get(type)?.kind;
    if (kind === undefined) return [];
    return [
      {
        ...stepOf(entry, kind, `${rule.name}/${index}`, rule.name),
        target: (conversation) => rule.renderTarget({ ...base, conversation: fields(conversation) }),
        render: (conversation, participant) =>
          render({ ...base, conversation: fields(conversation), participant: fields(participant) }),
      },
    ];
  });
}

/** The SDK's models are interfaces without an index signature; for expressions they are plain maps. */
function fields(resource: object): RenderContext['conversation'] {
  return resource as Readonly<Record<string, unknown>>;
}

function stepOf(entry: InboxEntry, kind: ActionKind, key: string, rule: string | null): Omit<Step, 'target' | 'render'> {
  return { key, rule, action: kind.type, entryId: entry.id, defaultSelector: kind.defaultSelector(entry.event) };
}
