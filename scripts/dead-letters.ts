/** `npm run dead-letters -- list|show|retry|drop`: what could not be done, from a terminal. */
import { parseArgs } from 'node:util';
import { createDeadLetters, type DeadLetters } from '../src/queue/dead-letters.ts';
import { parseInvocation, runCommand, UsageError } from './dead-letter-commands.ts';
import { withRedis } from './redis-session.ts';

const USAGE = `npm run dead-letters -- list [--limit N]   the dead letters, oldest first (default 100)
npm run dead-letters -- show ID            one of them: what failed, and what Genesys answered
npm run dead-letters -- retry ID ...       puts their events back through the inbox
npm run dead-letters -- retry --all        the same for all of them, oldest first
npm run dead-letters -- drop ID ...        removes them for good

  --json   for programs; values of events and attributes are never shown
  --help   this text

Reads REDIS_URL and REDIS_PREFIX as the service does. Exit code: 0 done, 1 not done, 2 called the wrong way.`;

async function withDeadLetters<T>(use: (deadLetters: DeadLetters) => Promise<T>): Promise<T> {
  return withRedis(async (session) => {
    const deadLetters = createDeadLetters(session);
    return use(deadLetters).finally(() => deadLetters.close());
  });
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: 'boolean', default: false },
      all: { type: 'boolean', default: false },
      limit: { type: 'string', default: '100' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return console.log(USAGE);
  if (!/^[1-9]\d{0,5}$/.test(values.limit)) throw new UsageError('--limit is a number from 1 to 999999');
  const options = { ...values, limit: Number(values.limit) };
  const invocation = parseInvocation(positionals, options);
  const { text, done } = await withDeadLetters((deadLetters) => runCommand(deadLetters, invocation, options));
  console.log(text);
  if (!done) process.exitCode = 1;
}

try {
  await main();
} catch (error) {
  const { code, message } = error as NodeJS.ErrnoException;
  const isMistake = error instanceof UsageError || code?.startsWith('ERR_PARSE_ARGS');
  console.error(isMistake ? `dead-letters: ${message}\n\n${USAGE}` : `dead-letters: ${message}`);
  process.exitCode = isMistake ? 2 : 1;
}
