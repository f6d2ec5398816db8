import type { OwnWrites } from '../actions/own-writes.ts';
import { ACTIONS } from '../actions/registry.ts';
import type { Ending, Step } from '../actions/step.ts';
import type { Action } from '../domain/action.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import { createTraceContext, parseTraceparent } from '../domain/trace-context.ts';
import type { ParticipantSelector } from '../genesys/resolve-participant.ts';
import type { InboxItem } from '../inbox/inbox.ts';
import type { RenderContext, Rule, RuleSet } from '../rules/rule-set.ts';
import { EntryProgress } from './entry-progress.ts';

export interface PlanEntryDependencies {
  ruleSet(): RuleSet;
  readonly ownWrites: OwnWrites;
  now(): number;
}

/** The steps of an entry; those that need no look at the conversation are finished already. */
export async function planEntry(item: InboxItem, entry: InboxEntry, dependencies: PlanEntryDependencies): Promise<EntryProgress> {
  if (entry.work.kind === 'command') {
    const { target, actions } = entry.work;
    return new EntryProgress(
      item,
      entry,
      actions.map((action, index) => commandStep(entry, target, action, index)),
    );
  }
  const rules = dependencies.ruleSet().rules;
  const planned = entry.work.rules.flatMap((name) => stepsOfRule(entry, name, rules.get(name)));
  const progress = new EntryProgress(item, entry, planned);
  for (const step of progress.todo) {
    const ending = endingWithoutLook(entry, rules.get(step.rule ?? ''), dependencies.now());
    if (ending !== null) progress.finish(step, ending);
  }
  if (!progress.done && (await dependencies.ownWrites.isOwn(entry.event))) {
    for (const step of progress.todo) progress.finish(step, skipped('own-write', 'the event only reports what hookpatch wrote'));
  }
  return progress;
}

function endingWithoutLook(entry: InboxEntry, rule: Rule | undefined, now: number): Ending | null {
  if (rule === undefined) return skipped('rule-removed', 'the rule is no longer in the rules file');
  const ageMs = now - Date.parse(entry.event.occurredAt);
  if (entry.replayed || ageMs <= rule.maxAgeMs) return null;
  return skipped('too-old', `the event is ${Math.round(ageMs / 1000)} s old, the rule takes at most ${rule.maxAgeMs / 1000} s`);
}

function skipped(reason: Ending['reason'], detail: string): Ending {
  return { kind: 'skipped', reason, detail, participantId: null };
}

function stepsOfRule(entry: InboxEntry, name: string, rule: Rule | undefined): Step[] {
  if (rule === undefined) return [removedRuleStep(entry, name)];
  const trace = parseTraceparent(entry.traceparent) ?? createTraceContext();
  const base = { event: entry.event, trace };
  return rule.actions.map((template, index) => ({
    key: `${name}/${index}`,
    rule: name,
    action: template.type,
    entryId: entry.id,
    defaultSelector: defaultSelector(entry, template.type),
    target: (conversation) => rule.renderTarget({ ...base, conversation: fields(conversation) }),
    render: (conversation, participant) =>
      template.render({ ...base, conversation: fields(conversation), participant: fields(participant) }),
  }));
}

/** The SDK's models are interfaces without an index signature; for expressions they are plain maps. */
function fields(resource: object): RenderContext['conversation'] {
  return resource as Readonly<Record<string, unknown>>;
}

/** Stands for all actions of a rule that is gone; finished before anything looks at it. */
function removedRuleStep(entry: InboxEntry, name: string): Step {
  const refuse = () => {
    throw new Error(`the rule ${name} is gone`);
  };
  const selector = defaultSelector(entry, 'setAttributes');
  return {
    key: name,
    rule: name,
    action: 'setAttributes',
    entryId: entry.id,
    defaultSelector: selector,
    target: refuse,
    render: refuse,
  };
}

function commandStep(
  entry: InboxEntry,
  target: (InboxEntry['work'] & { kind: 'command' })['target'],
  action: Action,
  index: number,
): Step {
  return {
    key: `command/${index}`,
    rule: null,
    action: action.type,
    entryId: entry.id,
    defaultSelector: defaultSelector(entry, action.type),
    target: () => target,
    render: () => action,
  };
}

function defaultSelector({ event }: InboxEntry, action: Action['type']): ParticipantSelector {
  return ACTIONS[action].defaultSelector(event);
}
