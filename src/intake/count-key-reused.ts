import type { Work } from '../domain/inbox-entry.ts';
import { KeyReusedError } from '../inbox/inbox.ts';
import { recordKeyReused } from '../telemetry/metrics.ts';

/** For `catch`: counts a known key with other content, and rethrows every error. */
export function countKeyReused(kind: Work['kind']): (error: unknown) => never {
  return (error) => {
    if (error instanceof KeyReusedError) recordKeyReused(kind);
    throw error;
  };
}
