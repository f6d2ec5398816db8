const UNIT_MS = { s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const;

/** Epoch milliseconds of `30m`, `2h`, `3d` ago, or of an ISO 8601 date or time (UTC without an offset), else `null`. */
export function parseSince(text: string, now: number): number | null {
  const [, count, unit] = /^(\d{1,6})([smhd])$/.exec(text.trim()) ?? [];
  if (count !== undefined && unit !== undefined) return now - Number(count) * UNIT_MS[unit as keyof typeof UNIT_MS];
  if (!/^\d{4}-\d{2}-\d{2}(T[\d:.]+)?(Z|[+-]\d{2}:\d{2})?$/.test(text.trim())) return null;
  const time = Date.parse(/T[\d:.]+$/.test(text.trim()) ? `${text.trim()}Z` : text.trim());
  return Number.isNaN(time) ? null : time;
}
