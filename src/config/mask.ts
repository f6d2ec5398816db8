/** The text shown instead of a secret. It reveals neither the secret's length nor its characters. */
const MASK = '******';

/** Comma-separated secrets: one mask for each, so that a rotation is visible. */
export function maskSecrets(value: string): string {
  return value
    .split(',')
    .map((secret) => (secret.trim() === '' ? '(empty)' : MASK))
    .join(',');
}

/** Comma-separated URLs without their user, password and query. A text that is no URL is masked whole. */
export function maskUrls(value: string): string {
  // The list of Sentinels is one URL, whose credentials stand before the first of them.
  const [, scheme, hosts] = /^(rediss?\+sentinel:\/\/)(?:.*@)?([^@?#]*)$/.exec(value.trim()) ?? [];
  if (scheme !== undefined) return `${scheme}${value.includes('@') ? `${MASK}@` : ''}${hosts}`;
  return value
    .split(',')
    .map((url) => maskUrl(url.trim()))
    .join(',');
}

function maskUrl(text: string): string {
  // A URL whose scheme was forgotten. The digits are a port.
  if (/^[a-z0-9.-]+:\d{1,5}(\/\d{0,4})?$/i.test(text)) return text;
  if (!URL.canParse(text)) return text === '' ? '(empty)' : MASK;
  const url = new URL(text);
  // Without a host the text after the scheme may be anything, a password too ("redis:secret").
  if (url.hostname === '') return `${url.protocol}${MASK}`;
  // An "@" after the host: a password holds an unencoded "/", "#" or "?", and the host and port found so far are part of it.
  const rest = url.pathname + url.search + url.hash;
  if (rest.includes('@')) return `${url.protocol}//${MASK}`;
  const isRedis = /^rediss?:$/.test(url.protocol);
  const path = isRedis && !/^\/?\d{0,4}$/.test(url.pathname) ? `/${MASK}` : url.pathname;
  const credentials = url.username === '' && url.password === '' ? '' : `${MASK}@`;
  const query = url.search === '' && url.hash === '' ? '' : `?${MASK}`;
  return `${url.protocol}//${credentials}${url.host}${path}${query}`;
}
