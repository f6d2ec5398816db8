import type { z } from 'zod';

/**
 * Parses stored JSON and returns it if it matches the schema. Returns `null` if not: another release wrote it, or it is damaged.
 * The value is returned as it was stored, including fields that the schema does not name.
 */
export function parseStored<T>(schema: z.ZodType<T>, text: string): T | null {
  try {
    const value: unknown = JSON.parse(text);
    return schema.safeParse(value).success ? (value as T) : null;
  } catch {
    return null;
  }
}
