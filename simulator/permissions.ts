import type { CallName } from './call-name.ts';
import { CODES, PlatformError } from './error-body.ts';

/** One of them is enough. A call that is not listed needs none. */
const NEEDED: Partial<Record<CallName, readonly string[]>> = {
  'get-conversation': ['conversation:communication:view'],
  'patch-wrapup': ['conversation:participant:wrapup', 'conversation:call:record', 'conversation:communication:disconnect'],
  'replace-participant': ['conversation:communication:blindTransfer', 'conversation:communication:blindTransferQueue'],
  'get-queue': ['routing:queue:view'],
  'list-queues': ['routing:queue:view'],
  'list-all-wrapup-codes': ['routing:wrapupCode:view'],
  'query-conversations': ['analytics:conversationDetail:view'],
};

/** Throws 403 when the client has none of the permissions that the call needs. `null` is a client that may do everything. */
export function assertPermitted(call: CallName, permissions: readonly string[] | null): void {
  const needed = NEEDED[call];
  if (permissions === null || needed === undefined || needed.some((each) => permissions.includes(each))) return;
  const list = needed.join(', ');
  const message = `Unable to perform the requested action. You must have at least one of the following permissions assigned: [${list}]`;
  throw new PlatformError(403, CODES.missingAnyPermissions, message, { messageParams: { permissions: list } });
}
