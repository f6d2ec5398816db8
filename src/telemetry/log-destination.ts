import type { DestinationStream } from 'pino';

export type LogFormat = 'auto' | 'json' | 'pretty';

/** Fields that every line has, or that are already in the line's head. */
const HIDDEN_FIELDS = 'service,trace_id,span_id';

/**
 * The destination of log lines, for {@link createLogger}: standard output, as JSON (`undefined`) or as lines for people.
 * `auto` is for people when standard output is a terminal.
 */
export async function logDestination(
  format: LogFormat,
  isTerminal = process.stdout.isTTY === true,
): Promise<DestinationStream | undefined> {
  if (format === 'json' || (format === 'auto' && !isTerminal)) return undefined;
  // Loaded only when needed, because loading it slows the start.
  const { default: pretty } = await import('pino-pretty');
  return pretty({
    colorize: isTerminal,
    // Synchronous, so that the last lines before the process ends are not lost.
    sync: true,
    levelKey: 'level',
    timestampKey: 'time',
    translateTime: 'SYS:HH:MM:ss.l',
    ignore: HIDDEN_FIELDS,
    singleLine: true,
  });
}
