/** A process that stays up, but for a failure of the kind that its argument names. */
import { createShutdown, listenForShutdown } from '../../../src/lifecycle/shutdown.ts';
import { createLogger } from '../../../src/telemetry/logger.ts';

const logger = createLogger('info');
const step = { name: 'only', end: async () => logger.info('step ended') };
listenForShutdown(createShutdown({ steps: () => [step], drainMs: 0, logger, exit: process.exit }), logger);
setInterval(() => undefined, 60_000);
setImmediate(() => {
  const error = new Error('nobody catches this');
  if (process.argv[2] === 'uncaughtException') throw error;
  void Promise.reject(error);
});
