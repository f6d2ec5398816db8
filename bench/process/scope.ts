interface Stoppable {
  stop(): Promise<unknown>;
}

/** Keeps what is to be stopped at the end, in reverse order. */
export class Scope {
  readonly #opened: Stoppable[] = [];

  async add<T extends Stoppable>(opening: T | Promise<T>): Promise<T> {
    const opened = await opening;
    this.#opened.unshift(opened);
    return opened;
  }

  async stop(): Promise<void> {
    for (const opened of this.#opened.splice(0)) await opened.stop();
  }
}

/** Runs `work` and stops what it opened, however it ends. */
export async function withScope<T>(work: (scope: Scope) => Promise<T>): Promise<T> {
  const scope = new Scope();
  try {
    return await work(scope);
  } finally {
    await scope.stop();
  }
}
