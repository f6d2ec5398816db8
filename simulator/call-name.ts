/** The calls of the Platform API that are simulated, under the names that faults and the journal use. */
export const CALL_NAMES = [
  'token',
  'get-conversation',
  'patch-attributes',
  'patch-wrapup',
  'list-wrapup-codes',
  'replace-participant',
  'get-queue',
] as const;

export type CallName = (typeof CALL_NAMES)[number];
