/** The simulated calls of the Platform API, by the names that faults and the journal use. */
export const CALL_NAMES = [
  'token',
  'get-conversation',
  'patch-attributes',
  'patch-wrapup',
  'post-communication-wrapup',
  'list-wrapup-codes',
  'replace-participant',
  'get-queue',
  'list-queues',
  'list-all-wrapup-codes',
  'list-limits',
  'list-available-topics',
  'query-conversations',
  'create-channel',
  'list-channels',
  'get-subscriptions',
  'put-subscriptions',
  'post-subscriptions',
  'delete-subscriptions',
] as const;

export type CallName = (typeof CALL_NAMES)[number];
