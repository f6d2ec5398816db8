import { ACTIONS, createActionMask } from '../src/actions/registry.ts';
import type { DeadLetters, ListedDeadLetter } from '../src/queue/dead-letters.ts';
import { maskDeadLetter } from '../src/queue/mask-dead-letter.ts';
import { formatDeadLetter, formatDeadLetters } from './dead-letter-text.ts';

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

const COMMANDS = { list, show, retry, drop } satisfies Readonly<Record<string, Command>>;

type CommandName = keyof typeof COMMANDS;

export function runCommand(deadLetters: DeadLetters, { name, ids }: Invocation, options: CommandOptions): Promise<CommandResult> {
  return COMMANDS[name](deadLetters, ids, options);
}

/** @throws UsageError for words that make no command */
export function parseInvocation([name = '', ...ids]: readonly string[], { all }: Pick<CommandOptions, 'all'>): Invocation {
  if (!isCommandName(name)) throw new UsageError(name === '' ? 'say what to do' : `there is no command "${name}"`);
  if (all && (name !== 'retry' || ids.length > 0)) throw new UsageError('--all goes with retry, and then without an id');
  if (name === 'list' && ids.length > 0) throw new UsageError('list takes no id');
  if (name === 'show' && ids.length !== 1) throw new UsageError('show takes one id, as list shows it');
  if ((name === 'retry' || name === 'drop') && ids.length === 0 && !all) {
    throw new UsageError(`${name} takes the ids of dead letters, as list shows them`);
  }
  return { name, ids };
}

function isCommandName(name: string): name is CommandName {
  return Object.hasOwn(COMMANDS, name);
}

async function list(deadLetters: DeadLetters, _ids: readonly string[], { json, limit }: CommandOptions): Promise<CommandResult> {
  const [listed, count] = [await deadLetters.list(0, limit), await deadLetters.count()];
  if (json) return { text: toJson(listed.map(masked)), done: true };
  if (listed.length === 0) return { text: 'no dead letters', done: true };
  const total = `${listed.length} of ${count} dead letters, oldest first`;
  return { text: `${formatDeadLetters(listed)}\n\n${total}`, done: true };
}

async function show(deadLetters: DeadLetters, [id = '']: readonly string[], { json }: CommandOptions): Promise<CommandResult> {
  const listed = await deadLetters.get(id);
  if (listed === null) return { text: notFound(id), done: false };
  return { text: json ? toJson(masked(listed)) : formatDeadLetter(listed), done: true };
}

async function retry(deadLetters: DeadLetters, ids: readonly string[], { json, all }: CommandOptions): Promise<CommandResult> {
  if (!all) return forEach(ids, json, (id) => retryOne(deadLetters, id));
  const count = await deadLetters.count();
  await deadLetters.retryAll();
  const text = json ? toJson({ retried: count }) : `${count} dead letters are being retried; workers put their events back`;
  return { text, done: true };
}

async function retryOne(deadLetters: DeadLetters, id: string): Promise<IdResult> {
  if (await deadLetters.retry(id)) return { id, done: true, says: `${id}: being retried; a worker puts its event back` };
  const listed = await deadLetters.get(id);
  const says = listed === null ? notFound(id) : `${id}: not retried, it is ${listed.state} already`;
  return { id, done: false, says };
}

async function drop(deadLetters: DeadLetters, ids: readonly string[], { json }: CommandOptions): Promise<CommandResult> {
  return forEach(ids, json, async (id) => {
    const done = await deadLetters.drop(id);
    return { id, done, says: done ? `${id}: dropped` : notFound(id) };
  });
}

interface IdResult {
  readonly id: string;
  readonly done: boolean;
  readonly says: string;
}

async function forEach(ids: readonly string[], json: boolean, run: (id: string) => Promise<IdResult>): Promise<CommandResult> {
  const results: IdResult[] = [];
  for (const id of ids) results.push(await run(id));
  const text = json ? toJson(results.map(({ id, done }) => ({ id, done }))) : results.map(({ says }) => says).join('\n');
  return { text, done: results.every(({ done }) => done) };
}

function masked(listed: ListedDeadLetter): ListedDeadLetter {
  return { ...listed, letter: maskDeadLetter(listed.letter, createActionMask(ACTIONS)) };
}

function notFound(id: string): string {
  return `${id}: there is no such dead letter, or a worker is putting it back right now`;
}

function toJson(value: unknown): string {
  return JSON.stringify(value, null, 2);
}
