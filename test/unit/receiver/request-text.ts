/** The text of a request, with `Host` and, unless `headers` has another framing, `Content-Length`. */
export function requestText(method: string, path: string, headers: Readonly<Record<string, string>>, body = ''): string {
  const framing = 'transfer-encoding' in headers || 'content-length' in headers ? {} : { 'content-length': String(body.length) };
  const lines = Object.entries({ host: 'receiver', ...framing, ...headers }).map(([name, value]) => `${name}: ${value}\r\n`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('')}\r\n${body}`;
}
