/** How long and how much a connection may take; against slow senders and floods. Milliseconds and bytes. */
export interface ServerLimits {
  /** From the first byte of a request until its headers are in. */
  readonly headersTimeoutMs: number;
  /** The same, until its body is in. */
  readonly requestTimeoutMs: number;
  /** How long a connection with a request on it may do nothing, such as not read its response. */
  readonly silenceTimeoutMs: number;
  /** How often Node looks for requests past these; its default, 30 s, would be the real limit. */
  readonly checkIntervalMs: number;
  /** Longer than the idle time-out of the usual load balancers (60 s): who closes first must be the balancer. */
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
