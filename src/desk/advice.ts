import type { OutcomeReason } from '../domain/outcome.ts';

/** The advice on an outcome for the person on call; `null` if nothing has to be done. */
export const ADVICE = {
  written: null,
  superseded: null,
  'already-set': null,
  'already-there': null,
  'looked-at': null,
  'too-old': 'Raise when.maxAge of the rule if such events are still wanted; npm run replay -- FILE --now sends one again.',
  'participant-ended': null,
  'conversation-ended': null,
  'other-code-set': 'Set overwrite: true on the action if the code of the rule is to win.',
  'not-an-agent': 'Wrap-up codes belong to the agent: name the agent in the target of the rule.',
  'never-connected': null,
  'no-after-call-work': null,
  'condition-false': 'Compare onlyIf of the rule with the conversation, if the action was to be done.',
  'not-ready': null,
  'own-write': null,
  'rule-unknown': 'Put the rule back into the rules file of the workers, if it is still wanted; then retry the dead letter.',
  'earlier-action-failed': 'See the action of the same rule that failed before it; retrying its dead letter does this one too.',
  'expression-failed': 'Correct the expression that the detail names, reload the rules (SIGHUP), and retry the dead letter.',
  'participant-not-found': 'Compare the target of the rule with the participants that the detail lists.',
  'participant-ambiguous': 'Name the participant in the target of the rule, for example by userId or communicationId.',
  'conversation-not-found': 'Check that the sender and the OAuth client belong to the same organisation and division.',
  'permission-missing': "Give the OAuth client's role the permission that the detail names, and retry the dead letter.",
  conflict: 'Look at the conversation in Genesys Cloud; retry the dead letter if the change is still wanted.',
  'not-persisted': "Give Genesys's support the correlation ids; retry the dead letter.",
  refused: "Genesys's own sentence says why; correct the rule, and retry the dead letter.",
  'attempts-exhausted': 'Genesys failed each time; retry the dead letter when it is well again.',
  'wrapup-code-unknown':
    'Use one of the codes that the detail lists, or allow the code on the queue; then retry the dead letter.',
  'conversation-closed': null,
  'queue-not-found': 'Correct the queue in the rule, or create it in Genesys Cloud; then retry the dead letter.',
  'transfer-unconfirmed': 'Look where the caller is now. Retry only if the transfer did not happen.',
  'transfer-failed': 'The caller is still where they were. Retry the dead letter, or transfer by hand.',
  'entry-unreadable': 'An other release wrote it, or it is damaged; see "Upgrading and rolling back" in docs/operations.md.',
  'internal-error': 'The log line of this conversation has the error; please report it.',
} as const satisfies Record<OutcomeReason, string | null>;

export const OUTCOME_REASONS: readonly string[] = Object.keys(ADVICE);
