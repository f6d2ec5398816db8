import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import type { GenesysConfig } from '../config/config.ts';
import { recordGenesysCall } from '../telemetry/metrics.ts';
import { correlationIdOf, rateLimited, unanswered } from './answer-error.ts';
import { traced } from './call-span.ts';
import type { Clock } from './clock.ts';
import { classOfStatus } from './failure-class.ts';
import type { GenesysCallObserver } from './genesys-client.ts';
import type { GenesysStage } from './genesys-error.ts';
import { exchange, type HttpAnswer, type HttpMethod, headerOf, NoAnswer } from './http.ts';
import type { Lane } from './lane.ts';
import { LONGEST_WAITED_PAUSE_MS, type Pacer } from './pacer.ts';
import { retryAfterMs } from './retry-after.ts';

/** What goes into the header `Authorization`. */
export interface Credentials {
  /** Resolves when {@link header} has something to say. @throws GenesysError */
  ready(): Promise<void>;
  /** `null` when they have expired since {@link ready}. */
  header(): string | null;
}

/** Where requests go; one for each origin. */
export interface Endpoint {
  /** Without a trailing slash. */
  readonly baseUrl: string;
  readonly dispatcher: Dispatcher;
  readonly credentials: Credentials;
}

export interface GenesysRequest {
  readonly stage: GenesysStage;
  readonly lane: Lane;
  readonly method: HttpMethod;
  /** Ids are checked and encoded already. */
  readonly path: string;
  readonly urlTemplate: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** An answer with any status but 429, and how the request that got it was sent. */
export interface Sent {
  readonly answer: HttpAnswer;
  readonly authorization: string;
  /** Epoch milliseconds. */
  readonly requestedAt: number;
  /** The same moment by the clock that never jumps. */
  readonly sentAtMs: number;
  /** How often the request had been sent before. */
  readonly resendCount: number;
}

interface Turn {
  readonly authorization: string;
  readonly waitedMs: number;
}

export interface SenderOptions {
  readonly config: Pick<GenesysConfig, 'timeoutMs' | 'traceHeaders'>;
  readonly pacer: Pacer;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the client closes: requests that wait for their turn are given up, and those under way are broken off. */
  readonly closing: AbortSignal;
}

/** Sends every request of the client: in its turn, timed, traced, counted, and never before a 429 allows it. */
export class Sender {
  readonly #options: SenderOptions;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /**
   * Repeats a request that a 429 refused when its time has come, if that is at most 30 s in all; and once a GET whose
   * connection was lost before an answer began (a kept-alive connection that the other side was just closing). A write is
   * never repeated here.
   * @throws GenesysError `rate-limited`, `timeout` or `connection`
   * @throws AbortError when the client was closed meanwhile
   */
  async send(endpoint: Endpoint, request: GenesysRequest, observer?: GenesysCallObserver, resendCount = 0): Promise<Sent> {
    let patienceMs = LONGEST_WAITED_PAUSE_MS;
    let mayRepeatLost = request.method === 'GET';
    for (let count = resendCount; ; count++) {
      const turn = await this.#awaitTurn(endpoint, request);
      const sent = { requestedAt: this.#options.clock.now(), sentAtMs: this.#options.clock.monotonicMs() };
      const result = await this.#sendOnce(endpoint, request, turn, count, observer);
      if (result instanceof NoAnswer) {
        this.#options.closing.throwIfAborted();
        if (!mayRepeatLost || result.code !== 'connection.lost' || result.answerBegan) throw unanswered(request.stage, result);
        mayRepeatLost = false;
      } else if (classOfStatus(result.status) === 'rate-limited') {
        patienceMs -= this.#pauseAfter(request.stage, result, patienceMs);
      } else {
        return { ...sent, answer: result, authorization: turn.authorization, resendCount: count };
      }
    }
  }

  /** The credentials come first, so that nobody holds a turn while a token is fetched; and again when they expired in the queue. */
  async #awaitTurn(endpoint: Endpoint, { stage, lane }: GenesysRequest): Promise<Turn> {
    const { clock, pacer, closing } = this.#options;
    const startedAt = clock.monotonicMs();
    for (;;) {
      closing.throwIfAborted();
      await endpoint.credentials.ready();
      const granted = await pacer.acquire({ lane, signal: closing });
      if (!granted) throw rateLimited(stage, this.#retryAt(), null);
      const authorization = endpoint.credentials.header();
      if (authorization !== null) return { authorization, waitedMs: clock.monotonicMs() - startedAt };
    }
  }

  async #sendOnce(
    endpoint: Endpoint,
    request: GenesysRequest,
    turn: Turn,
    resendCount: number,
    observer?: GenesysCallObserver,
  ): Promise<HttpAnswer | NoAnswer> {
    const { config, clock, logger } = this.#options;
    const { stage, method, urlTemplate, body } = request;
    const url = new URL(`${endpoint.baseUrl}${request.path}`);
    const startedAt = clock.monotonicMs();
    const { waitedMs } = turn;
    const report = (status: number | NoAnswer['failure'], correlationId: string | null) => {
      const durationMs = clock.monotonicMs() - startedAt;
      recordGenesysCall(stage, status, durationMs);
      observer?.({ stage, status, durationMs });
      const rounded = { durationMs: Math.round(durationMs), waitedMs: Math.round(waitedMs) };
      logger.debug({ call: stage, status, ...rounded, resendCount, correlationId }, 'Genesys call');
    };
    const call = { stage, method, urlTemplate, url, resendCount, waitedMs };
    try {
      const answer = await traced(call, config.traceHeaders, (traceHeaders) => {
        const headers = { ...request.headers, ...traceHeaders, accept: 'application/json', authorization: turn.authorization };
        return exchange(endpoint.dispatcher, {
          method,
          path: url.pathname + url.search,
          headers,
          body,
          timeoutMs: config.timeoutMs,
        });
      });
      report(answer.status, correlationIdOf(answer));
      return answer;
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw error;
      report(error.failure, null);
      return error;
    }
  }

  /** Stops everything for as long as Genesys says; answers how long that is. @throws GenesysError when it is beyond patience. */
  #pauseAfter(stage: GenesysStage, answer: HttpAnswer, patienceMs: number): number {
    const { pacer, clock, logger } = this.#options;
    const delayMs = retryAfterMs(headerOf(answer, 'retry-after'), headerOf(answer, 'date'), clock.now());
    pacer.pause(delayMs);
    logger.warn(
      { stage, delayMs, retryAt: new Date(this.#retryAt()).toISOString() },
      'Genesys answered 429: nothing is sent until then',
    );
    if (delayMs > patienceMs) throw rateLimited(stage, this.#retryAt(), answer);
    return delayMs;
  }

  /** Epoch milliseconds at which the pause in force ends. */
  #retryAt(): number {
    return this.#options.clock.now() + Math.ceil(this.#options.pacer.pausedForMs());
  }
}
