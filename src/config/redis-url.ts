/** `REDIS_URL` taken apart. Percent-encoding is decoded; a field that the URL lacks is `null`. */
export interface RedisAddress {
  /** `single`: one Redis. `cluster`: nodes of a Redis Cluster. `sentinel`: Sentinels that find the primary by its name. */
  readonly kind: 'single' | 'cluster' | 'sentinel';
  readonly nodes: readonly { readonly host: string; readonly port: number }[];
  readonly tls: boolean;
  readonly username: string | null;
  readonly password: string | null;
  /** 0 where the URL names none. */
  readonly database: number;
  /** What the Sentinels call the primary; `null` without Sentinels. */
  readonly primaryName: string | null;
}

const SENTINEL = /^(rediss?)\+sentinel:\/\/(?:([^@/]*)@)?([^/?#@]+)\/([^/?#]+)(?:\/(\d{1,4}))?$/;
const DEFAULT_PORTS = { redis: 6379, sentinel: 26_379 };

/**
 * - `redis://[user:password@]host[:port][/database]`, `rediss://` with TLS
 * - the same, comma-separated: nodes of a Redis Cluster, which has database 0 only
 * - `redis+sentinel://[user:password@]host[:port],host[:port]/NAME[/database]`, `rediss+sentinel://` with TLS
 *
 * `null` when the text is none of these, has parameters (`?...`), or a `%` that encodes nothing.
 */
export function parseRedisUrl(text: string): RedisAddress | null {
  if (/^rediss?\+sentinel:/.test(text)) return parseSentinels(text);
  const parts = text.split(',').map((part) => parseNode(part.trim()));
  const [first] = parts;
  if (first == null || !parts.every((part) => part !== null && part.tls === first.tls)) return null;
  const kind = parts.length === 1 ? 'single' : 'cluster';
  if (kind === 'cluster' && parts.some((part) => part?.database !== 0)) return null;
  // Nodes that a cluster names later have no URL, so credentials and TLS come from the first one.
  return { ...first, kind, nodes: parts.flatMap((part) => part?.nodes ?? []) };
}

function parseNode(text: string): RedisAddress | null {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !/^rediss?:$/.test(url.protocol) || url.hostname === '') return null;
  if (url.search !== '' || url.hash !== '' || !/^(\/\d{0,4})?$/.test(url.pathname)) return null;
  const credentials = decodeCredentials(url.username, url.password);
  if (credentials === null) return null;
  const node = { host: withoutBrackets(url.hostname), port: Number(url.port || DEFAULT_PORTS.redis) };
  const database = Number(url.pathname.slice(1));
  return { kind: 'single', nodes: [node], tls: url.protocol === 'rediss:', ...credentials, database, primaryName: null };
}

function parseSentinels(text: string): RedisAddress | null {
  const [, protocol, userInfo = '', hosts = '', name = '', database = '0'] = SENTINEL.exec(text) ?? [];
  const [username = '', ...password] = userInfo.split(':');
  const credentials = decodeCredentials(username, password.join(':'));
  const nodes = hosts.split(',').map((host) => parseHost(host.trim()));
  const primaryName = decode(name);
  if (protocol === undefined || credentials === null || primaryName === null || nodes.includes(null)) return null;
  const known = nodes.filter((node) => node !== null);
  return { kind: 'sentinel', nodes: known, tls: protocol === 'rediss', ...credentials, database: Number(database), primaryName };
}

function parseHost(text: string): { readonly host: string; readonly port: number } | null {
  // Any scheme without a default port of its own serves to read host and port.
  const url = URL.canParse(`redis://${text}`) ? new URL(`redis://${text}`) : null;
  if (url === null || url.hostname === '' || url.pathname !== '') return null;
  return { host: withoutBrackets(url.hostname), port: Number(url.port || DEFAULT_PORTS.sentinel) };
}

function withoutBrackets(host: string): string {
  return host.replace(/^\[(.*)\]$/, '$1');
}

function decodeCredentials(username: string, password: string): Pick<RedisAddress, 'username' | 'password'> | null {
  const decoded = [decode(username), decode(password)] as const;
  if (decoded[0] === null || decoded[1] === null) return null;
  return { username: decoded[0] || null, password: decoded[1] || null };
}

/** `null` when a `%` encodes nothing. */
function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
