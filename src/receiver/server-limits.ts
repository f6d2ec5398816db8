/** The limits of a connection in time and size, against slow senders and floods. Milliseconds and bytes. */
export interface ServerLimits {
  /** From the first byte of a request until its headers are complete. */
  readonly headersTimeoutMs: number;
  /** From the first byte of a request until its body is complete. */
  readonly requestTimeoutMs: number;
  /** How long a connection with a request on it may be inactive, for example not read its response. */
  readonly silenceTimeoutMs: number;
  /** How often Node looks for requests past these limits; its default, 30 s, would be the real limit. */
  readonly checkIntervalMs: number;
  /** Longer than the idle time-out of the usual load balancers (60 s): the balancer must close first. */
  readonly keepAliveTimeoutMs: number;
  readonly maxHeaderBytes: number;
}

export const SERVER_LIMITS: ServerLimits = {
  headersTimeoutMs: 5_000,
  requestTimeoutMs: 10_000,
  silenceTimeoutMs: 15_000,
  checkIntervalMs: 1_000,
  keepAliveTimeoutMs: 65_000,
  maxHeaderBytes: 16_384,
};
