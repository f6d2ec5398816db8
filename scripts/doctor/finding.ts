/** `unknown`: it can't be known from here. */
export type FindingStatus = 'ok' | 'wrong' | 'unknown';

/** One line of the table. */
export interface Finding {
  readonly about: string;
  readonly status: FindingStatus;
  /** What was found. Never holds a secret. */
  readonly found: string;
  /** What to do; `null` when there is nothing to do. */
  readonly todo: string | null;
}

export const ok = (about: string, found: string): Finding => ({ about, status: 'ok', found, todo: null });
export const wrong = (about: string, found: string, todo: string): Finding => ({ about, status: 'wrong', found, todo });
export const unknown = (about: string, found: string, todo: string): Finding => ({ about, status: 'unknown', found, todo });

const WORDS: Readonly<Record<FindingStatus, string>> = { ok: 'ok', wrong: 'WRONG', unknown: "can't be known" };

/** Lines for a terminal: what is in order in one line each, the rest with what to do. */
export function formatFindings(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ about }) => about.length));
  const statusWidth = Math.max(...Object.values(WORDS).map((word) => word.length));
  const lines = findings.flatMap(({ about, status, found, todo }) => [
    `${WORDS[status].padEnd(statusWidth)}  ${about.padEnd(width)}  ${found}`,
    ...(todo === null ? [] : [`${' '.repeat(statusWidth + width + 4)}-> ${todo}`]),
  ]);
  const count = (status: FindingStatus) => findings.filter((each) => each.status === status).length;
  return [...lines, '', `${count('ok')} ok, ${count('wrong')} wrong, ${count('unknown')} can't be known`].join('\n');
}
