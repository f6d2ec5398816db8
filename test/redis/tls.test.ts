import { join } from 'node:path';
import { expect, test } from 'vitest';
import { findFreePort } from '../../harness/find-free-port.ts';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { hasOpenssl, makeCertificates } from '../make-certificates.ts';
import { openBed, prefix, startRedis } from './redis-bed.ts';

test.runIf(hasOpenssl)('TLS with an own authority and a client certificate, each of which Redis insists on', async () => {
  const { folder, ca, cert, key } = await makeCertificates('localhost');
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
