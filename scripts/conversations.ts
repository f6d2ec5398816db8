/** `npm run conversations -- list|wake`: conversations whose next try is delayed, and trying them now. */
import { parseArgs } from 'node:util';
import { type ConversationQueue, createConversationQueue } from '../src/queue/conversation-queue.ts';
import { withRedis } from './redis-session.ts';

const USAGE = `npm run conversations -- list [--limit N] [--json]   conversations that wait for a later try, soonest first (default 100)
npm run conversations -- wake ID ...                 tries these now
npm run conversations -- wake --all                  tries all of them now

Why one waits: npm run why -- ID. Reads REDIS_URL and REDIS_PREFIX as the service does.
Exit code: 0 done, 1 not done, 2 called the wrong way.`;

class UsageError extends Error {
  override readonly name = 'UsageError';
}

async function list(queue: ConversationQueue, limit: number, json: boolean): Promise<string> {
  const delayed = await queue.listDelayed(limit);
  if (json) return JSON.stringify(delayed, null, 2);
  const lines = delayed.map(({ conversationId, until }) => `${conversationId}  waits until ${new Date(until).toISOString()}`);
  return lines.length === 0 ? 'no conversation waits for a later try' : lines.join('\n');
}

async function wake(queue: ConversationQueue, ids: readonly string[]): Promise<string> {
  const lines: string[] = [];
  for (const id of ids) {
    const woken = await queue.wake(id);
    lines.push(`${id}: ${woken ? 'tried now' : 'does not wait for a later try'}`);
    if (!woken) process.exitCode = 1;
  }
  return lines.join('\n');
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      limit: { type: 'string', default: '100' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!/^[1-9]\d{0,5}$/.test(values.limit)) throw new UsageError('--limit is a number from 1 to 999999');
  const [name, ...ids] = positionals;
  if (name !== 'list' && name !== 'wake') throw new UsageError('say list or wake');
  if (name === 'list' && (ids.length > 0 || values.all)) throw new UsageError('list takes no id');
  if (name === 'wake' && values.all === ids.length > 0) throw new UsageError('wake takes ids, or --all');
  const text = await withRedis(async (session) => {
    const queue = createConversationQueue(session);
    const run = async () => {
      if (name === 'list') return list(queue, Number(values.limit), values.json);
      return values.all ? `${await queue.wakeAll()} conversations: tried now` : wake(queue, ids);
    };
    return run().finally(() => queue.close());
  });
  console.log(text);
}

try {
  await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMistake = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS');
  console.error(isMistake ? `conversations: ${message}\n\n${USAGE}` : `conversations: ${message}`);
  process.exitCode = isMistake ? 2 : 1;
}
