import type { Ending, Step } from '../actions/step.ts';
import type { InboxEntry } from '../domain/inbox-entry.ts';
import type { GenesysAnswer, Outcome } from '../domain/outcome.ts';
import type { InboxItem } from '../inbox/inbox.ts';

export interface Waiting {
  /** Epoch milliseconds. */
  readonly until: number;
  readonly error: unknown;
}

/** Nobody's failure: the rule may be on its way to this process, or on its way out. */
class UnknownHere extends Error {
  override readonly name = 'UnknownHere';

  constructor(rules: readonly string[]) {
    super(
      rules.length === 0 ? 'this worker does not know the action' : `this worker does not know the rules ${rules.join(', ')}`,
    );
  }
}

/** Milliseconds until the next look; a quarter of the time passed, within these bounds. */
export interface GiveBackPause {
  readonly least: number;
  readonly most: number;
}

const GIVE_BACK_PAUSE_MS: GiveBackPause = { least: 1_000, most: 30_000 };

/** One entry of a batch on its way: which steps are still to be done, and how the others ended. */
export class EntryProgress {
  readonly entry: InboxEntry;
  readonly steps: readonly Step[];
  /** A try at a transient failure was made in this batch. */
  private tried = false;
  private waiting: Waiting | null = null;
  private unknown: { readonly since: number; readonly rules: readonly string[] } | null = null;
  private readonly reached = new Map<string, Outcome>();
  private stored: { readonly item: InboxItem; readonly outcomes: number };

  constructor(item: InboxItem, entry: InboxEntry, steps: readonly Step[]) {
    this.stored = { item, outcomes: 0 };
    this.entry = entry;
    this.steps = steps;
  }

  /** What stands for it in the inbox. */
  get item(): InboxItem {
    return this.stored.item;
  }

  get todo(): readonly Step[] {
    return this.steps.filter((step) => !this.isFinished(step.key));
  }

  get done(): boolean {
    return this.todo.length === 0 && !this.waitsForKnowledge;
  }

  /** Tries so far, the one of this batch included. */
  get attempts(): number {
    return this.entry.attempts + (this.tried ? 1 : 0);
  }

  get outcomes(): Readonly<Record<string, Outcome>> {
    return { ...this.entry.outcomes, ...Object.fromEntries(this.reached) };
  }

  get changed(): boolean {
    return this.tried || this.reached.size > 0 || this.entry.unknownSince !== this.unknown?.since;
  }

  /** Outcomes reached in this batch, by step key. */
  get newOutcomes(): ReadonlyMap<string, Outcome> {
    return this.reached;
  }

  /** Whether an action before it in the same rule could not be done. */
  hasFailedBefore(step: Step): boolean {
    const sameRule = this.steps.filter(({ rule }) => rule === step.rule);
    return sameRule.slice(0, sameRule.indexOf(step)).some(({ key }) => this.outcomes[key]?.kind === 'dead-lettered');
  }

  isFinished(stepKey: string): boolean {
    return this.reached.has(stepKey) || Object.hasOwn(this.entry.outcomes, stepKey);
  }

  markTried(): void {
    this.tried = true;
  }

  /** It has rules or actions that this process does not know: it waits for one that does, and all that is behind it. */
  get waitsForKnowledge(): boolean {
    return this.unknown !== null;
  }

  /** @param since epoch milliseconds, of the first time that it was found so */
  waitForKnowledge(since: number, rules: readonly string[]): void {
    this.unknown = { since, rules };
  }

  /** Looks again soon at first, and then ever less often. */
  giveBack(now: number, { least, most }: GiveBackPause = GIVE_BACK_PAUSE_MS): number {
    const waitedMs = now - (this.unknown?.since ?? now);
    const until = now + Math.min(most, Math.max(least, waitedMs / 4));
    this.waiting = { until, error: new UnknownHere(this.unknown?.rules ?? []) };
    return until;
  }

  /** Why it stays in the inbox; `null` when it does so only because one before it does. */
  get waitsFor(): Waiting | null {
    return this.waiting;
  }

  wait(waiting: Waiting): void {
    this.waiting = waiting;
  }

  finish(step: Step, ended: Ending, answer?: GenesysAnswer): void {
    const outcome: Outcome = { ...(step.isShadow ? shadowOf(ended) : ended), rule: step.rule, action: step.action };
    this.reached.set(step.key, answer === undefined ? outcome : { ...outcome, genesys: answer });
  }

  /** For what has no step, because its rule or its kind of action is not known here. */
  finishUnknown(key: string, rule: string | null, ended: Ending): void {
    if (!this.isFinished(key)) this.reached.set(key, { ...ended, rule, action: null });
  }

  /** Outcomes were reached that the inbox does not know of. */
  get hasUnstoredOutcomes(): boolean {
    return this.reached.size > this.stored.outcomes;
  }

  /** `item` took its place in the inbox, with all outcomes so far. */
  markStored(item: InboxItem): void {
    this.stored = { item, outcomes: this.reached.size };
  }

  /** What is stored when the entry stays in the inbox. */
  toEntry(): InboxEntry {
    const { unknownSince: _, ...entry } = this.entry;
    const unknownSince = this.unknown === null ? {} : { unknownSince: this.unknown.since };
    return { ...entry, ...unknownSince, attempts: this.attempts, outcomes: this.outcomes };
  }
}

/** What would have become of a step, with the same reason: a rule in shadow mode neither writes nor makes dead letters. */
function shadowOf(ended: Ending): Ending {
  const { kind, detail, ...rest } = ended;
  if (kind === 'shadowed') return ended;
  return { ...rest, kind: 'shadowed', detail: `would have been ${kind}: ${detail}` };
}
