import { type Ending, ending, NotReadyYet, StepRefused, type Task } from '../actions/step.ts';
import type { GenesysAnswer } from '../domain/outcome.ts';
import { GenesysError } from '../genesys/genesys-error.ts';
import { isConversationEnded } from '../genesys/participant-state.ts';
import { type Backoff, backoffDelayMs } from './backoff.ts';
import type { ConversationView } from './conversation-view.ts';
import { type Decision, decide, type Situation } from './decide.ts';
import type { EntryProgress } from './entry-progress.ts';

export interface RetryPolicy {
  /** Tries at a transient failure before the dead letter. */
  readonly attempts: number;
  readonly backoff: Backoff;
  now(): number;
}

export interface Attempting {
  progressOf(step: Task): EntryProgress;
  readonly view: ConversationView;
  readonly policy: RetryPolicy;
  /** The participant of the steps, as far as it is known when they fail. */
  readonly participantId: string | null;
}

/** Steps that have to wait, together with everything after them. */
class Postponed extends Error {
  override readonly name = 'Postponed';
  /** Epoch milliseconds. */
  readonly until: number;

  constructor(until: number) {
    super('postponed');
    this.until = until;
  }
}

/** Returns until when steps have to wait (epoch milliseconds); `null` when none has to. */
export async function untilPostponed(work: () => Promise<void>): Promise<number | null> {
  try {
    await work();
    return null;
  } catch (error) {
    if (error instanceof Postponed) return error.until;
    throw error;
  }
}

/**
 * Runs `work` for `steps`. A failure repeats it once after a fetch, ends the steps, or makes them wait, as `decide.ts` decides.
 * @throws Postponed when steps have to wait
 */
export async function attempt(
  attempting: Attempting,
  steps: readonly Task[],
  work: (repeated: boolean) => Promise<unknown>,
): Promise<void> {
  try {
    await work(false);
  } catch (first) {
    if (judgeFailure(attempting, first, steps, false) === 'done') return;
    try {
      await attempting.view.refresh();
      await work(true);
    } catch (second) {
      if (isConflict(second)) await lookAgain(attempting, steps);
      judgeFailure(attempting, second, steps, true);
    }
  }
}

function isConflict(error: unknown): boolean {
  return error instanceof GenesysError && error.class === 'conflict';
}

/** After a second conflict the fresh conversation decides. */
async function lookAgain(attempting: Attempting, steps: readonly Task[]): Promise<void> {
  try {
    await attempting.view.refresh();
  } catch (error) {
    judgeFailure(attempting, error, steps, true);
  }
}

/**
 * Applies the decision about a failure to each step that is still open.
 * @throws Postponed when steps have to wait
 */
export function judgeFailure(
  attempting: Attempting,
  error: unknown,
  steps: readonly Task[],
  repeated: boolean,
): 'repeat' | 'done' {
  if (error instanceof Postponed) throw error;
  const until: number[] = [];
  // One random draw for all steps: with one for each, the longest of many would nearly always be the ceiling.
  const jitter = Math.random();
  for (const step of steps) {
    const progress = attempting.progressOf(step);
    if (progress.isFinished(step.key)) continue;
    const decision = decide(error, situationOf(attempting, progress, repeated));
    if (decision.kind === 'repeat') return 'repeat';
    const stepUntil = follow(attempting, progress, step, decision, error, jitter);
    if (stepUntil === null) continue;
    until.push(stepUntil);
    progress.wait({ until: stepUntil, error });
  }
  if (until.length > 0) throw new Postponed(Math.max(...until));
  return 'done';
}

/** The outcome in shadow mode of a step whose planning failed. */
export function failedInShadow(attempting: Attempting, progress: EntryProgress, error: unknown): Ending {
  const decision = decide(error, situationOf(attempting, progress, true));
  const participantId = namesParticipant(error);
  if (decision.kind === 'dead-letter') return ending('dead-lettered', decision.reason, decision.detail, participantId);
  return ending('shadowed', 'not-ready', `would have been tried again later: ${messageOf(error)}`, participantId);
}

function situationOf({ view, policy }: Attempting, { entry }: EntryProgress, repeated: boolean): Situation {
  const { latestConversation } = view;
  const closed = latestConversation !== null && isConversationEnded(latestConversation);
  const { firstMs } = policy.backoff;
  return { repeated, closed, now: policy.now(), receivedAt: entry.receivedAt, firstPauseMs: firstMs };
}

/** Returns the time until which the step has to wait; `null` when it has ended. */
function follow(
  { policy, participantId: known }: Attempting,
  progress: EntryProgress,
  step: Task,
  decision: Exclude<Decision, { kind: 'repeat' }>,
  error: unknown,
  jitter: number,
): number | null {
  if (decision.kind === 'wait') return decision.until;
  const participantId = namesParticipant(error) ?? known;
  const answer = error instanceof GenesysError ? answerOf(error) : undefined;
  if (decision.kind === 'dead-letter') {
    progress.finish(step, ending('dead-lettered', decision.reason, decision.detail, participantId), answer);
    return null;
  }
  progress.markTried();
  if (progress.attempts < policy.attempts) return policy.now() + backoffDelayMs(progress.attempts, policy.backoff, () => jitter);
  const reason = isExpected(error) ? 'attempts-exhausted' : 'internal-error';
  const detail = `${progress.attempts} tries failed, the last with: ${messageOf(error)}`;
  progress.finish(step, ending('dead-lettered', reason, detail, participantId), answer);
  return null;
}

function isExpected(error: unknown): boolean {
  return error instanceof GenesysError || error instanceof NotReadyYet;
}

function namesParticipant(error: unknown): string | null {
  return error instanceof StepRefused || error instanceof NotReadyYet ? error.participantId : null;
}

/** For the log and the dead letter: the failure in one sentence. */
export function messageOf(error: unknown): string {
  if (error instanceof GenesysError) return `${error.stage}: ${error.status ?? error.failure} ${error.code}: ${error.message}`;
  return error instanceof Error ? error.message : String(error);
}

function answerOf({ status, code, message, correlationId }: GenesysError): GenesysAnswer {
  return { status, code, message, correlationId };
}
