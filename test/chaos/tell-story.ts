import type { JournalRecord } from '../../simulator/journal.ts';
import type { LoggedLine } from './fleet.ts';
import type { LedgerLine } from './ledger.ts';
import type { Stage } from './stage.ts';

/** All that is known of some events of one conversation, in the order in which it happened. */
export function tellStory(
  { fleet, simulator }: Pick<Stage, 'fleet' | 'simulator'>,
  title: string,
  conversationId: string,
  lines: readonly LedgerLine[],
): string {
  const names = new Set(lines.map(({ id }) => `"${id}"`));
  const isAbout = (text: string) => text.includes(`"${conversationId}"`) || [...names].some((name) => text.includes(name));
  const logged = fleet
    .lines()
    .map(({ process, line }: LoggedLine) => ({ process, text: JSON.stringify(line), at: timeOf(line) }));
  const journal = simulator.journal().filter((record) => record.conversationId === conversationId);
  const told = [
    ...lines.map((line) => ({ at: line.sentAt, text: `ledger    ${JSON.stringify(line)}` })),
    ...logged.filter(({ text }) => isAbout(text)).map(({ at, process, text }) => ({ at, text: `${process}  ${text}` })),
    ...journal.map((record) => ({ at: record.at, text: `genesys   ${describe(record)}` })),
  ];
  const ordered = told.toSorted((one, other) => one.at - other.at);
  return [title, ...ordered.map(({ at, text }) => `  ${new Date(at).toISOString()}  ${text}`)].join('\n');
}

function timeOf(line: LoggedLine['line']): number {
  return typeof line === 'string' ? 0 : Date.parse(String(line.time));
}

function describe({ sequence, call, status, executed, fault, write, ifMatch }: JournalRecord): string {
  return JSON.stringify({ sequence, call, status, executed, fault, ifMatch, write });
}
