import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { findFreePort } from '../../harness/find-free-port.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { openBed, prefix, startRedis } from './redis-bed.ts';

const run = promisify(execFile);
const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

/** An authority, and a certificate of it for the name `localhost`. */
async function makeCertificates() {
  const folder = await mkdtemp(join(tmpdir(), 'redis-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const openssl = (...args: string[]) => run('openssl', args, { cwd: folder });
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await openssl('req', '-x509', ...newKey, '-keyout', 'ca.key', '-out', 'ca.crt', '-subj', '/CN=test authority');
  await openssl(
    'req',
    ...newKey,
    '-keyout',
    'own.key',
    '-out',
    'own.csr',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=DNS:localhost',
  );
  await openssl(
    'x509',
    '-req',
    '-in',
    'own.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-copy_extensions',
    'copy',
    '-out',
    'own.crt',
  );
  const read = (name: string) => readFile(join(folder, name), 'utf8');
  return { folder, ca: await read('ca.crt'), cert: await read('own.crt'), key: await read('own.key') };
}

// Where there is no openssl there are no certificates to try it with.
test.runIf(hasOpenssl)('TLS with an own authority and a client certificate, each of which Redis insists on', async () => {
  const { folder, ca, cert, key } = await makeCertificates();
  const port = await findFreePort();
  await startRedis({
    'tls-port': String(port),
    'tls-ca-cert-file': join(folder, 'ca.crt'),
    'tls-cert-file': join(folder, 'own.crt'),
    'tls-key-file': join(folder, 'own.key'),
  });
  const urls = [`rediss://localhost:${port}`];
  const bed = await openBed({ urls, tls: { ca, cert, key } });
  await bed.startWorker();
  await bed.deliver('a');
  await bed.untilSeen('a');
  expect(await inspectRedis({ urls, prefix, tls: { ca, cert, key } })).toMatchObject({ faults: [] });
  expect(await inspectRedis({ urls, prefix, tls: { ca, cert: null, key: null } })).toBeNull();
  expect(await inspectRedis({ urls, prefix, tls: { ca: null, cert, key } })).toBeNull();
});
