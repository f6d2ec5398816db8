/** A process that stays up, but for a failure of the kind that its argument names. */
import { pino } from 'pino';
import { createShutdown, listenForShutdown } from '../../../src/lifecycle/shutdown.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

// Line by line: at its exit a process writes what it has not begun to write, and a line that is being written can come after that.
const logger = createLogger('info', pino.destination({ fd: process.stdout.fd, sync: true }));
const step = { name: 'only', end: async () => logger.info('step ended') };
listenForShutdown(createShutdown({ steps: () => [step], drainMs: 0, logger, exit: process.exit }), logger);
setInterval(() => undefined, 60_000);
setImmediate(() => {
  const error = new Error('nobody catches this');
  if (process.argv[2] === 'uncaughtException') throw error;
  void Promise.reject(error);
});
