import { KeyReusedError } from '../inbox/inbox.ts';
import { recordKeyReused } from '../telemetry/metrics.ts';

/** For `catch`: counts a known key with other content, and rethrows every error. */
export function countKeyReused(kind: Parameters<typeof recordKeyReused>[0]): (error: unknown) => never {
  return (error) => {
    if (error instanceof KeyReusedError) recordKeyReused(kind);
    throw error;
  };
}
