/** Plain fields that errors of this service and of its libraries have; all other fields stay out of the log. */
const FACTS = [
  'code',
  'stage',
  'failure',
  'status',
  'statusCode',
  'correlationId',
  'rule',
  'syscall',
  'address',
  'port',
] as const;

/** How deep `cause` is followed. */
const MAX_CAUSES = 3;

/**
 * An error for the log, as a closed list of fields and never as a copy: errors of HTTP and Redis clients carry requests, headers
 * and command arguments, which hold event data and credentials.
 */
export function serializeError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return typeof error === 'string' ? error : { type: typeof error };
  const source = error as Error & Readonly<Record<string, unknown>>;
  const facts = FACTS.filter((name) => isPlain(source[name])).map((name) => [name, source[name]]);
  return {
    type: error.name,
    message: error.message,
    ...Object.fromEntries(facts),
    stack: error.stack,
    ...(error.cause !== undefined && depth < MAX_CAUSES ? { cause: serializeError(error.cause, depth + 1) } : {}),
  };
}

function isPlain(value: unknown): boolean {
  return typeof value === 'string' || typeof value === 'number';
}
