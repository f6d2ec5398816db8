import type { z } from 'zod';

/**
 * What is stored as JSON, when it matches the schema; `null` when it does not: another release wrote it, or it is damaged.
 * The value is returned as it was stored, with the fields that the schema does not name.
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    const value: unknown = JSON.parse(text);
    return schema.safeParse(value).success ? (value as T) : null;
  } catch {
    return null;
  }
}
