import { isPathId } from '../domain/path-id.ts';
import { GenesysError, type GenesysStage } from './genesys-error.ts';

/** The `code` of an id that was refused before anything was sent. A repetition would fail again. */
const INVALID_ID_CODE = 'invalid.id';

/**
 * The id, encoded for a path. Ids come from events and from rendered rules; an id that could leave its path segment must never be
 * sent. The error does not repeat the id, because a rule can have rendered any text into it.
 * @throws GenesysError with code `invalid.id` and no status
 */
export function assertPathId(stage: GenesysStage, name: string, id: string): string {
  if (!isPathId(id)) {
    throw new GenesysError({
      stage,
      failure: 'http',
      status: null,
      code: INVALID_ID_CODE,
      message: `${name} is not an id: expected 1 to 128 letters, digits, ".", "_", ":" or "-"`,
      correlationId: null,
    });
  }
  return encodeURIComponent(id);
}
