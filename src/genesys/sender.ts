import type { Logger } from 'pino';
import type { Dispatcher } from 'undici';
import type { GenesysConfig } from '../config/config.ts';
import { recordGenesysCall, recordPacingWait, recordRateLimited } from '../telemetry/metrics.ts';
import { correlationIdOf, rateLimited, unanswered } from './answer-error.ts';
import { traced } from './call-span.ts';
import type { Clock } from './clock.ts';
import { errorBodyOf } from './error-body.ts';
import { classOfStatus } from './failure-class.ts';
import type { GenesysCallObserver } from './genesys-client.ts';
import type { GenesysStage } from './genesys-error.ts';
import { exchange, type HttpAnswer, type HttpMethod, headerOf, NoAnswer } from './http.ts';
import type { Lane } from './lane.ts';
import { LimitJudge } from './pacing/limit-scope.ts';
import { LONGEST_WAITED_PAUSE_MS, type Need, type Pacer } from './pacing/pacer.ts';
import type { SharedLimits } from './pacing/shared-limits.ts';
import type { Slot } from './pacing/slot.ts';
import { retryAfterMs } from './retry-after.ts';

/** The value of the header `Authorization`. */
export interface Credentials {
  /** Resolves when {@link header} has a value for the slot, or for any slot. @throws GenesysError */
  ready(slot?: Slot): Promise<void>;
  /** `null` when they have expired since {@link ready}. */
  header(slot: Slot): string | null;
}

/** The target origin of requests. */
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
  /** The conversation that it is about; `null`: it is about none. */
  readonly conversationId: string | null;
  /** The fields of the body that the call's span shows: ids and closed lists, so that people can search by them. */
  readonly spanAttributes?: Readonly<Record<string, string>>;
}

/** A response with any status but 429, and how its request was sent. */
export interface Sent {
  readonly answer: HttpAnswer;
  /** The slot whose token it was sent with. */
  readonly slot: Slot;
  readonly authorization: string;
  /** Epoch milliseconds. */
  readonly requestedAt: number;
  /** The same moment on the monotonic clock. */
  readonly sentAtMs: number;
  /** How often the request was sent before. */
  readonly resendCount: number;
}

export interface SendOptions {
  readonly observer?: GenesysCallObserver | undefined;
  /** How often the request was sent already. */
  readonly resendCount?: number;
  /** The only slot that is allowed. */
  readonly slot?: Slot;
}

interface Turn {
  readonly slot: Slot;
  readonly authorization: string;
  readonly waitedMs: number;
}

export interface SenderOptions {
  readonly config: Pick<GenesysConfig, 'timeoutMs' | 'traceHeaders'>;
  readonly pacer: Pacer;
  readonly limits: SharedLimits;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Aborted when the client closes: requests that wait for their turn are dropped, and those under way are aborted. */
  readonly closing: AbortSignal;
}

/** A request that other tokens are refused as well is given up after this many 429s. */
const MOST_REFUSALS = 5;

/** Sends every request of the client: in its turn, timed, traced, counted, and never before a 429 allows it. */
export class Sender {
  readonly #options: SenderOptions;
  readonly #judge: LimitJudge;

  constructor(options: SenderOptions) {
    this.#options = options;
    this.#judge = new LimitJudge(options.clock);
  }

  /**
   * Repeats a request that a 429 refused as soon as it may be sent again, if all waits take at most 30 s. Repeats a GET once if
   * its connection was lost before a response began (a kept-alive connection that the other side was closing). A write is never
   * repeated here.
   * @throws GenesysError `rate-limited`, `timeout` or `connection`
   * @throws AbortError when the client was closed meanwhile
   */
  async send(endpoint: Endpoint, request: GenesysRequest, options: SendOptions = {}): Promise<Sent> {
    const { observer, resendCount = 0, slot } = options;
    const need: Need = { lane: request.lane, stage: request.stage, slot, conversationId: request.conversationId };
    let patienceMs = LONGEST_WAITED_PAUSE_MS;
    let refusals = 0;
    let mayRepeatLost = request.method === 'GET';
    for (let count = resendCount; ; count++) {
      const turn = await this.#awaitTurn(endpoint, need);
      const sent = { requestedAt: this.#options.clock.now(), sentAtMs: this.#options.clock.monotonicMs() };
      const result = await this.#sendOnce(endpoint, request, turn, count, observer);
      if (result instanceof NoAnswer) {
        this.#options.closing.throwIfAborted();
        if (!mayRepeatLost || result.code !== 'connection.lost' || result.answerBegan) throw unanswered(request.stage, result);
        mayRepeatLost = false;
      } else if (classOfStatus(result.status) === 'rate-limited') {
        refusals += 1;
        this.#pauseAfter(request, turn.slot, result, sent.sentAtMs);
        const pausedMs = this.#options.pacer.pausedForMs(need);
        patienceMs -= pausedMs;
        if (patienceMs < 0 || refusals >= MOST_REFUSALS) throw rateLimited(request.stage, this.#retryAt(need), result);
      } else {
        this.#judge.succeeded(request.stage, sent.sentAtMs);
        return { ...sent, ...turn, answer: result, resendCount: count };
      }
    }
  }

  /**
   * The credentials come first, so that nobody holds a turn while a token is fetched. They are checked again in case they expired
   * in the queue.
   */
  async #awaitTurn({ credentials }: Endpoint, need: Need): Promise<Turn> {
    const { clock, pacer, closing } = this.#options;
    const startedAt = clock.monotonicMs();
    for (;;) {
      closing.throwIfAborted();
      await credentials.ready(need.slot);
      const slot = await pacer.acquire(need, closing);
      if (slot === null) throw rateLimited(need.stage, this.#retryAt(need), null);
      const authorization = credentials.header(slot);
      const waitedMs = clock.monotonicMs() - startedAt;
      if (authorization === null) continue;
      recordPacingWait(need.lane, waitedMs);
      return { slot, authorization, waitedMs };
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
    const { stage, method, urlTemplate, body, conversationId } = request;
    const url = new URL(`${endpoint.baseUrl}${request.path}`);
    const startedAt = clock.monotonicMs();
    const { waitedMs } = turn;
    const report = (status: number | NoAnswer['failure'], correlationId: string | null) => {
      const durationMs = clock.monotonicMs() - startedAt;
      recordGenesysCall(stage, status, durationMs);
      observer?.({ stage, status, durationMs, correlationId });
      const rounded = { durationMs: Math.round(durationMs), waitedMs: Math.round(waitedMs) };
      logger.debug({ call: stage, conversationId, status, ...rounded, resendCount, correlationId }, 'Genesys call');
    };
    const call = { stage, method, urlTemplate, url, resendCount, waitedMs, spanAttributes: request.spanAttributes ?? {} };
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

  /** Stops sending within the scope of the limit, for as long as Genesys demands. */
  #pauseAfter({ stage, conversationId }: GenesysRequest, slot: Slot, answer: HttpAnswer, sentAtMs: number): void {
    const { limits, pacer, clock, logger } = this.#options;
    const { limit, retryAfterMs: fromBodyMs } = errorBodyOf(answer);
    const delayMs = retryAfterMs(headerOf(answer, 'retry-after'), headerOf(answer, 'date'), clock.now(), fromBodyMs);
    const scope = this.#judge.judge({ slot, stage, limit, sentAtMs });
    recordRateLimited(scope);
    const retryAt = new Date(clock.now() + delayMs).toISOString();
    logger.warn(
      { stage, conversationId, scope, limit: limit?.key, delayMs, retryAt },
      'Genesys answered 429: what its limit is about waits until then',
    );
    if (scope === 'token') {
      slot.budget.pause(delayMs);
      // Another process may have found this limit already.
      limits.adopt(slot.client).catch(() => undefined);
    } else {
      const sentAgoMs = clock.monotonicMs() - sentAtMs;
      limits.refused({ scope, slot, stage, limit, retryAfterMs: delayMs, sentAgoMs, sentInLastMinute: pacer.sentInLastMinute() });
    }
    pacer.review();
  }

  /** Epoch milliseconds at which a request may be sent again. */
  #retryAt(need: Need): number {
    const { clock, pacer } = this.#options;
    return clock.now() + Math.ceil(Math.max(SHORTEST_PAUSE_MS, pacer.pausedForMs(need)));
  }
}

/** A call that was refused for several tokens waits at least this long, although another token is free. */
const SHORTEST_PAUSE_MS = 1000;
