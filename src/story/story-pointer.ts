import { hash } from 'node:crypto';

const POINTER_BYTES = 8;

/**
 * The conversations that one id of an hour leads to, such as the number of somebody who called several times. Their pointers
 * fit into what Redis keeps in its compact encoding (64 bytes).
 */
export const MOST_POINTERS_BYTES = 7 * POINTER_BYTES;

/** A digest of a conversation id: it names the story, and indexes store it in place of the id. The story itself holds the id. */
export function pointerTo(conversationId: string): Buffer {
  return hash('sha256', conversationId, 'buffer').subarray(0, POINTER_BYTES);
}

/** Newest first. */
export function pointersIn(stored: Buffer): Buffer[] {
  const starts = Array.from({ length: Math.floor(stored.length / POINTER_BYTES) }, (_, index) => index * POINTER_BYTES);
  return starts.reverse().map((start) => stored.subarray(start, start + POINTER_BYTES));
}
