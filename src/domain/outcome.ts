import type { ActionType } from './action.ts';

/**
 * How one action of one entry ended, and why, as closed lists: metric labels, alerts and dashboards use these names. Every action
 * ends in one of these ways, and none ends silently. The text for people is in {@link Outcome.detail}.
 */
export const REASONS = {
  applied: ['written', 'superseded'],
  unchanged: ['already-set', 'already-there', 'looked-at'],
  skipped: [
    'too-old',
    'participant-ended',
    'conversation-ended',
    'other-code-set',
    'not-an-agent',
    'never-connected',
    'no-after-call-work',
    'own-write',
    'earlier-action-failed',
    'condition-false',
  ],
  /** For shadow mode: in addition to the reasons of the outcome that would have been. */
  shadowed: ['not-ready'],
  'dead-lettered': [
    'expression-failed',
    'rule-unknown',
    'participant-not-found',
    'participant-ambiguous',
    'conversation-not-found',
    'permission-missing',
    'conflict',
    'not-persisted',
    'refused',
    'attempts-exhausted',
    'wrapup-code-unknown',
    'conversation-closed',
    'queue-not-found',
    'transfer-unconfirmed',
    'transfer-failed',
    'entry-unreadable',
    'internal-error',
  ],
} as const;

export type OutcomeKind = keyof typeof REASONS;
export type OutcomeReason = (typeof REASONS)[OutcomeKind][number];

/** The response of Genesys, if an outcome is based on one. */
export interface GenesysAnswer {
  /** HTTP status; `null` when there was no response. */
  readonly status: number | null;
  readonly code: string;
  readonly message: string;
  /** `contextId` of the error body, or the header `ININ-Correlation-Id`: Genesys support asks for it. */
  readonly correlationId: string | null;
}

export interface Outcome {
  readonly kind: OutcomeKind;
  readonly reason: OutcomeReason;
  /** One sentence for the person on call. Never holds an attribute value, a token or a secret. */
  readonly detail: string;
  readonly rule: string | null;
  /** `null` when there is none to name: an unknown rule, an entry that can't be read. */
  readonly action: ActionType | null;
  readonly participantId: string | null;
  readonly genesys?: GenesysAnswer;
}

/** An outcome as it appears in the log and in responses to commands. */
export type ToldOutcome = Omit<Outcome, 'kind'> & { readonly outcome: OutcomeKind };

export function tellOutcome({ kind, ...rest }: Outcome): ToldOutcome {
  return { outcome: kind, ...rest };
}
