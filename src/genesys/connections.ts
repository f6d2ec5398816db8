import { type Dispatcher, EnvHttpProxyAgent, Pool } from 'undici';

/** Far below the idle limits of load balancers (60 s at AWS), so that a write rarely uses a connection that is being closed. */
const KEEP_ALIVE_MS = 10_000;

const PROXY_VARIABLES = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy'];

export interface ConnectionLimits {
  readonly connections: number;
  readonly timeoutMs: number;
}

/**
 * Connections to the origin of `url`. They go through the proxy of `HTTPS_PROXY` or `HTTP_PROXY` if the environment names one and
 * `NO_PROXY` does not exclude the host. undici reads these variables as other programs do.
 *
 * HTTP/1.1 with one request at a time on a connection: a lost connection then leaves exactly one request with an unknown result.
 */
export function openConnections(url: string, { connections, timeoutMs }: ConnectionLimits): Dispatcher {
  const { origin } = new URL(url);
  const options: Pool.Options = {
    connections,
    allowH2: false,
    pipelining: 1,
    connectTimeout: timeoutMs,
    // The time limit of a request covers these phases.
    headersTimeout: 0,
    bodyTimeout: 0,
    keepAliveTimeout: KEEP_ALIVE_MS,
    keepAliveMaxTimeout: KEEP_ALIVE_MS,
  };
  // The agent reads the environment again for each request, which is a tenth of what sending one costs.
  if (PROXY_VARIABLES.every((name) => !process.env[name])) return new Pool(origin, options);
  const agent = new EnvHttpProxyAgent(options);
  return agent.compose((dispatch) => (options, handler) => dispatch({ ...options, origin }, handler));
}
