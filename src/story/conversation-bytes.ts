const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;
const UUID_BYTES = 16;

/**
 * A conversation id as an index stores it: a UUID in 16 bytes; another id as `=` and its text, plus a NUL if these are
 * 16 bytes, because 16 bytes mean a UUID.
 */
export function conversationBytes(conversationId: string): Buffer {
  if (UUID.test(conversationId)) return Buffer.from(conversationId.replaceAll('-', ''), 'hex');
  const text = Buffer.from(`=${conversationId}`, 'utf8');
  return text.length === UUID_BYTES ? Buffer.concat([text, Buffer.from([0])]) : text;
}

/** The inverse of {@link conversationBytes}. */
export function conversationOf(bytes: Buffer): string {
  if (bytes.length !== UUID_BYTES) return bytes.toString('utf8', 1).replace(/\0$/, '');
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
