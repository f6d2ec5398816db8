import type { Logger } from 'pino';
import type { AccessToken } from './access-token.ts';
import type { Clock } from './clock.ts';
import type { Slot } from './pacing/slot.ts';

/** Genesys throttles minting many tokens at once. The pause also lets a limit that tokens share unknowingly be reached slowly. */
export const MINT_GAP_MS = 4_000;
/** The pause after a token could not be obtained; the other tokens go on. */
const MINT_RETRY_MS = 30_000;

export interface TokenPoolOptions {
  readonly tokens: readonly AccessToken[];
  readonly clock: Clock;
  readonly logger: Logger;
  /** A token was obtained. */
  readonly obtained: () => void;
  readonly closing: AbortSignal;
}

/** The tokens of the process. The first is fetched when it is needed, the others after it, one at a time. */
export class TokenPool {
  readonly #options: TokenPoolOptions;
  #minting = false;

  constructor(options: TokenPoolOptions) {
    this.#options = options;
  }

  /** Resolves when there is a token to send with: `of`, or any. @throws GenesysError */
  async ready(of?: Slot): Promise<void> {
    const { tokens, obtained } = this.#options;
    if (of !== undefined) return of.ready();
    const usable = tokens.filter((token) => token.isUsable());
    // Also renews tokens that expire soon.
    await Promise.all(usable.map((token) => token.ready()));
    if (usable.length === 0) {
      await tokens[0]?.ready();
      obtained();
    }
    if (usable.length < tokens.length) this.#mintOthers();
  }

  wasObtained(): boolean {
    return this.#options.tokens.some((token) => token.wasObtained());
  }

  /** How many tokens may be used right now. */
  usable(): number {
    return this.#options.tokens.filter((token) => token.isUsable()).length;
  }

  #mintOthers(): void {
    if (this.#minting || this.#options.tokens.length === 1) return;
    this.#minting = true;
    this.#after(MINT_GAP_MS, () => void this.#mintNext());
  }

  async #mintNext(): Promise<void> {
    const { tokens, logger, obtained } = this.#options;
    const missing = tokens.find((token) => !token.isUsable());
    if (missing === undefined) {
      this.#minting = false;
      return;
    }
    try {
      await missing.ready();
      obtained();
      this.#after(MINT_GAP_MS, () => void this.#mintNext());
    } catch (error) {
      if (this.#options.closing.aborted) return;
      logger.warn({ err: error, tokens: this.usable() }, 'no further access token yet; going on with those that there are');
      this.#after(MINT_RETRY_MS, () => void this.#mintNext());
    }
  }

  #after(delayMs: number, work: () => void): void {
    const { clock, closing } = this.#options;
    if (closing.aborted) return;
    const stop = () => cancel();
    const cancel = clock.setTimer(() => {
      closing.removeEventListener('abort', stop);
      work();
    }, delayMs);
    closing.addEventListener('abort', stop, { once: true });
  }
}
