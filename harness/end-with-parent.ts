/**
 * Loaded into a child process with `--import`: ends the child when its standard input, a pipe from the parent that carries
 * nothing, is closed. So the child never outlives its parent, even if the parent is killed with SIGKILL.
 */
import { flushCompileCache } from 'node:module';
import { Socket } from 'node:net';

process.stdin.once('end', () => process.kill(process.pid, 'SIGKILL')).resume();
// The service must be able to end on its own while the pipe is still open.
if (process.stdin instanceof Socket) process.stdin.unref();

// Node writes its compile cache (`NODE_COMPILE_CACHE`) at a clean exit only, and most services of the tests are killed.
setTimeout(flushCompileCache, 3_000).unref();
