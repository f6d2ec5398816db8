/** `npm run dead-letters -- list|summary|show|retry|drop`: what could not be done, from a terminal. */
import { parseArgs } from 'node:util';
import { parseSince } from '../src/desk/parse-since.ts';
import type { DeadLetterFilter } from '../src/queue/dead-letter-filter.ts';
import { createDeadLetters } from '../src/queue/dead-letters.ts';
import { parseInvocation, runCommand, UsageError } from './dead-letter-commands.ts';
import { withRedis } from './redis-session.ts';
import { createOutcomesOf } from './retried-outcomes.ts';

const USAGE = `npm run dead-letters -- list [--limit N] [--newest]   the dead letters, oldest first (default 100)
npm run dead-letters -- summary                       how many there are of each reason and rule
npm run dead-letters -- show ID                       one of them: what failed, and what Genesys answered
npm run dead-letters -- retry ID ... [--wait]         puts their events back through the inbox; --wait prints how they end
npm run dead-letters -- retry --all                   the same for all of them, oldest first
npm run dead-letters -- drop ID ...                   removes them for good

An ID may be cut to its first 6 characters or more. In place of ids, all that fit:

  --conversation ID  --rule NAME  --reason REASON  --action ACTION
  --since TIME       30m, 2h, 3d, or an ISO 8601 date or time

  --json   for programs; values of events and attributes are never shown
  --help   this text

Reads REDIS_URL, REDIS_PREFIX and STORY_DAYS as the service does. Exit code: 0 done, 1 not done, 2 called the wrong way.`;

const OPTIONS = {
  json: { type: 'boolean', default: false },
  all: { type: 'boolean', default: false },
  newest: { type: 'boolean', default: false },
  wait: { type: 'boolean', default: false },
  limit: { type: 'string', default: '100' },
  conversation: { type: 'string' },
  rule: { type: 'string' },
  reason: { type: 'string' },
  action: { type: 'string' },
  since: { type: 'string' },
  help: { type: 'boolean', default: false },
} as const;

/** @throws UsageError when the time is none */
function filterOf(values: Partial<Record<'conversation' | 'rule' | 'reason' | 'action' | 'since', string>>): DeadLetterFilter {
  const { conversation, rule, reason, action } = values;
  const since = values.since === undefined ? undefined : parseSince(values.since, Date.now());
  if (since === null) throw new UsageError('--since is 30m, 2h or 3d ago, or an ISO 8601 date or time');
  return {
    ...(conversation === undefined ? {} : { conversationId: conversation }),
    ...(rule === undefined ? {} : { rule }),
    ...(reason === undefined ? {} : { reason }),
    ...(action === undefined ? {} : { action }),
    ...(since === undefined ? {} : { since }),
  };
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({ allowPositionals: true, options: OPTIONS });
  if (values.help) return console.log(USAGE);
  if (!/^[1-9]\d{0,5}$/.test(values.limit)) throw new UsageError('--limit is a number from 1 to 999999');
  const filter = filterOf(values);
  const invocation = parseInvocation(positionals, { all: values.all, filter });
  if (values.wait && invocation.name !== 'retry') throw new UsageError('--wait goes with retry');
  const { json, all, newest } = values;
  const { text, done } = await withRedis(async (session) => {
    const deadLetters = createDeadLetters(session);
    const outcomesOf = values.wait ? createOutcomesOf(session) : null;
    const options = { json, all, newest, filter, limit: Number(values.limit), outcomesOf };
    return runCommand(deadLetters, invocation, options).finally(() => deadLetters.close());
  });
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
