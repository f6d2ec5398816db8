import { Command } from 'ioredis';

type Transform = (args: unknown[]) => unknown[];
type Settle = (value: unknown) => void;

/** The parts of ioredis's command that its promise is made of. */
interface CommandParts {
  promise: Promise<unknown>;
  resolve: Settle;
  reject: Settle;
  args: unknown[];
  readonly name: string;
  readonly callback?: unknown;
  readonly errorStack?: unknown;
  isResolved: boolean;
  isSettled: boolean;
  transformed: boolean;
  stringifyArguments(): void;
  _convertValue(resolve: Settle): Settle;
  _clearTimers(): void;
  initPromise(): void;
}

/** What `initPromise` of ioredis 6.0 has and its fixed form has not. */
const CLOSURE_IN_EXECUTOR = /new Promise\(\(resolve, reject\) => \{.*this\.reject = \(err\) => \{/s;

/**
 * ioredis makes `command.reject` within the executor of the command's promise. With that closure a command that has reached the
 * old generation of the heap keeps the next one alive, and so on, until a full collection: each young collection then copies a
 * third of all that was allocated, and a receiver stops for several times as long (docs/decisions/0018-commands-apart.md). Here
 * the same closure is made outside of the executor. A release of ioredis without the closure is left as it is.
 */
export function keepCommandsApart(): void {
  const prototype = Command.prototype as unknown as CommandParts;
  const { argument } = (Command as unknown as { _transformer: { argument: Record<string, Transform> } })._transformer;
  const original = prototype.initPromise;
  if (!CLOSURE_IN_EXECUTOR.test(String(original))) return;
  prototype.initPromise = function (this: CommandParts): void {
    if (this.callback !== undefined || this.errorStack !== undefined) {
      original.call(this);
      return;
    }
    this.isResolved = false;
    this.isSettled = false;
    const { promise, resolve, reject } = Promise.withResolvers<unknown>();
    this.resolve = this._convertValue(resolve);
    this.reject = rejecting(this, reject);
    this.promise = promise;
    try {
      transformOnce(this, argument[this.name]);
    } catch (error) {
      reject(error);
    }
  };
}

function transformOnce(command: CommandParts, transform: Transform | undefined): void {
  if (command.transformed) return;
  command.transformed = true;
  if (transform !== undefined) command.args = transform(command.args);
  command.stringifyArguments();
}

function rejecting(command: CommandParts, reject: Settle): Settle {
  return (error) => {
    command._clearTimers();
    command.isSettled = true;
    reject(error);
  };
}
