/** A process that starts a Redis, says which, and never stops it. */
import { startRedisChild } from '../../../harness/redis.ts';

const { pid, dir } = await startRedisChild();
process.stdout.write(JSON.stringify({ pid, dir }));
setInterval(() => undefined, 60_000);
