import { printable, printableJson } from '../src/domain/printable.ts';
import type { DeadLetterFilter } from '../src/queue/dead-letter-filter.ts';
import type { DeadLetters, ListedDeadLetter } from '../src/queue/dead-letters.ts';
import { formatDeadLetter, formatDeadLetters } from './dead-letter-text.ts';
import { masked } from './masked-dead-letter.ts';

/** A mistake in how the command was called; the message says what to do. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

export interface CommandOptions {
  /** JSON instead of text. */
  readonly json: boolean;
  /** For `retry`: every dead letter. */
  readonly all: boolean;
  /** For `list`. */
  readonly limit: number;
  /** For `list`: newest first instead of oldest first. */
  readonly newest: boolean;
  /** Those that are meant, where no ids are given. */
  readonly filter: DeadLetterFilter;
  /** For `retry`: what became of the events then; `null`: it is not waited for. */
  readonly outcomesOf: ((retried: readonly ListedDeadLetter[]) => Promise<RetriedOutcomes>) | null;
}

/** How the retried actions ended. */
export interface RetriedOutcomes {
  readonly lines: readonly string[];
  /** Whether each of them ended, and none is a dead letter again. */
  readonly done: boolean;
}

/** What is printed, and whether everything that was asked for was done. */
export interface CommandResult {
  readonly text: string;
  readonly done: boolean;
}

/** What was asked for on the command line. */
export interface Invocation {
  readonly name: CommandName;
  readonly ids: readonly string[];
}

type Command = (deadLetters: DeadLetters, ids: readonly string[], options: CommandOptions) => Promise<CommandResult>;

const COMMANDS = { list, show, retry, drop, summary } satisfies Readonly<Record<string, Command>>;

type CommandName = keyof typeof COMMANDS;

export function runCommand(deadLetters: DeadLetters, { name, ids }: Invocation, options: CommandOptions): Promise<CommandResult> {
  return COMMANDS[name](deadLetters, ids, options);
}

/** @throws UsageError for words that make no command */
export function parseInvocation(
  [name = '', ...ids]: readonly string[],
  { all, filter }: Pick<CommandOptions, 'all' | 'filter'>,
): Invocation {
  if (!isCommandName(name)) throw new UsageError(name === '' ? 'say what to do' : `there is no command "${name}"`);
  const isFiltered = Object.keys(filter).length > 0;
  if (all && (name !== 'retry' || ids.length > 0 || isFiltered)) throw new UsageError('--all goes with retry, and then alone');
  if (isFiltered && ids.length > 0) throw new UsageError('give ids or a filter, not both');
  if ((name === 'list' || name === 'summary') && ids.length > 0) throw new UsageError(`${name} takes no id`);
  if (name === 'show' && ids.length !== 1 && !isFiltered)
    throw new UsageError('show takes one id, as list shows it, or a filter');
  if ((name === 'retry' || name === 'drop') && ids.length === 0 && !all && !isFiltered) {
    throw new UsageError(`${name} takes the ids of dead letters, as list shows them, or a filter`);
  }
  return { name, ids };
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

const SHORTEST_PREFIX = 6;

/**
 * Those that the ids (or beginnings of ids) name, or that fit the filter; oldest first.
 *
 * @throws UsageError for a beginning that several have, or that is too short
 */
async function meant(deadLetters: DeadLetters, ids: readonly string[], filter: DeadLetterFilter): Promise<ListedDeadLetter[]> {
  const short = ids.find((id) => id.length < SHORTEST_PREFIX);
  if (short !== undefined)
    throw new UsageError(`"${short}" is too short: an id, or its first ${SHORTEST_PREFIX} characters or more`);
  const listed: ListedDeadLetter[] = [];
  for await (const each of deadLetters.search(filter)) {
    if (ids.length === 0 || ids.some((id) => each.id.startsWith(id))) listed.unshift(each);
  }
  const ambiguous = ids.find((id) => listed.filter((each) => each.id.startsWith(id)).length > 1);
  if (ambiguous !== undefined) throw new UsageError(`"${ambiguous}" is the beginning of several ids`);
  return listed;
}

async function list(
  deadLetters: DeadLetters,
  _ids: readonly string[],
  { json, limit, newest, filter }: CommandOptions,
): Promise<CommandResult> {
  const fitting = await meant(deadLetters, [], filter);
  const listed = (newest ? fitting.toReversed() : fitting).slice(0, limit);
  if (json) return { text: printableJson(listed.map(masked)), done: true };
  if (listed.length === 0) return { text: 'no dead letters', done: true };
  const total = `${listed.length} of ${fitting.length} dead letters, ${newest ? 'newest' : 'oldest'} first`;
  return { text: `${formatDeadLetters(listed)}\n\n${total}`, done: true };
}

/** How many there are of each reason and rule, most first. */
async function summary(
  deadLetters: DeadLetters,
  _ids: readonly string[],
  { json, filter }: CommandOptions,
): Promise<CommandResult> {
  const counts = new Map<string, number>();
  for await (const { letter } of deadLetters.search(filter)) {
    const key = `${letter.outcome.reason}  ${letter.outcome.rule ?? '(command)'}`;
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  if (json) return { text: printableJson(Object.fromEntries(sorted)), done: true };
  const lines = sorted.map(([key, count]) => `${String(count).padStart(6)}  ${printable(key)}`);
  return { text: lines.length === 0 ? 'no dead letters' : lines.join('\n'), done: true };
}

async function show(deadLetters: DeadLetters, ids: readonly string[], { json, filter }: CommandOptions): Promise<CommandResult> {
  const [id = ''] = ids;
  const exact = id === '' ? null : await deadLetters.get(id);
  const listed = (exact === null ? await meant(deadLetters, ids, filter) : [exact]).map(masked);
  if (listed.length === 0) return { text: notFound(id || 'this filter'), done: false };
  const text = json ? printableJson(listed.length === 1 ? listed[0] : listed) : listed.map(formatDeadLetter).join('\n\n');
  return { text, done: true };
}

async function retry(deadLetters: DeadLetters, ids: readonly string[], options: CommandOptions): Promise<CommandResult> {
  const { json, all, filter, outcomesOf } = options;
  if (all && outcomesOf === null) {
    const count = await deadLetters.count();
    await deadLetters.retryAll();
    const text = json
      ? printableJson({ retried: count })
      : `${count} dead letters are being retried; workers put their events back`;
    return { text, done: true };
  }
  const exact = await forEachMeant(deadLetters, ids, filter, json, (id) => retryOne(deadLetters, id));
  if (outcomesOf === null || exact.retried.length === 0) return exact;
  const { lines, done } = await outcomesOf(exact.retried);
  return { text: json ? exact.text : [exact.text, ...lines].join('\n'), done: exact.done && done };
}

async function retryOne(deadLetters: DeadLetters, id: string): Promise<IdResult> {
  if (await deadLetters.retry(id)) return { id, done: true, says: `${id}: being retried; a worker puts its event back` };
  const listed = await deadLetters.get(id);
  const says = listed === null ? notFound(id) : `${id}: not retried, it is ${listed.state} already`;
  return { id, done: false, says };
}

async function drop(deadLetters: DeadLetters, ids: readonly string[], { json, filter }: CommandOptions): Promise<CommandResult> {
  return forEachMeant(deadLetters, ids, filter, json, async (id) => {
    const done = await deadLetters.drop(id);
    return { id, done, says: done ? `${id}: dropped` : notFound(id) };
  });
}

interface IdResult {
  readonly id: string;
  readonly done: boolean;
  readonly says: string;
}

interface ChangedLetters extends CommandResult {
  readonly retried: readonly ListedDeadLetter[];
}

/** An id that nothing failed has is tried as it is, so that the answer says what became of it. */
async function forEachMeant(
  deadLetters: DeadLetters,
  ids: readonly string[],
  filter: DeadLetterFilter,
  json: boolean,
  run: (id: string) => Promise<IdResult>,
): Promise<ChangedLetters> {
  const listed = await meant(deadLetters, ids, filter);
  const idOf = (beginning: string) => listed.find(({ id }) => id.startsWith(beginning))?.id ?? beginning;
  const results: IdResult[] = [];
  for (const id of ids.length === 0 ? listed.map((each) => each.id) : ids.map(idOf)) results.push(await run(id));
  const text = json ? printableJson(results.map(({ id, done }) => ({ id, done }))) : results.map(({ says }) => says).join('\n');
  const changed = new Set(results.flatMap(({ id, done }) => (done ? [id] : [])));
  return {
    text: results.length === 0 && !json ? 'no dead letters' : text,
    done: results.every(({ done }) => done),
    retried: listed.filter(({ id }) => changed.has(id)),
  };
}

function notFound(id: string): string {
  return `${id}: there is no such dead letter, or a worker is putting it back right now`;
}
