import { isPathId } from '../domain/path-id.ts';
import { Problem } from './problem.ts';

/** The conversation id of a path or a body. @throws Problem `conversation-id-missing`, `conversation-id-invalid` */
export function requireConversationId(value: unknown): string {
  if (isPathId(value)) return value;
  if (value === undefined || value === null) {
    throw new Problem({ status: 400, code: 'conversation-id-missing', detail: 'conversationId is required.' });
  }
  const detail = 'A conversation id must be 1 to 128 letters, digits, or any of "_.:-".';
  throw new Problem({ status: 400, code: 'conversation-id-invalid', detail });
}
