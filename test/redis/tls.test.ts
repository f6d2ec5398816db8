import { describe, expect, test } from 'vitest';
import { inspectRedis } from '../../src/redis/inspect.ts';
import { hasOpenssl } from '../make-certificates.ts';
import { tlsCase } from './cases.ts';
import { prefix } from './set-up.ts';
import { startTls } from './start-tls.ts';
import { withWholeService } from './whole-service.ts';

// Certificates are made with openssl; the summary of `npm test` reports when there is none.
describe.runIf(hasOpenssl)('TLS with an own authority, and a Redis that asks for a certificate', () => {
  test('needs the authority and the certificate', async () => {
    const { urls, ca, cert, key } = await startTls();
    const inspected = await Promise.all(
      [
        { ca, cert, key },
        { ca, cert: null, key: null },
        { ca: null, cert, key },
      ].map((tls) => inspectRedis({ urls, prefix, tls })),
    );
    expect(inspected).toEqual([expect.objectContaining({ faults: [] }), null, null]);
  });

  test('is used by the whole service', async () => withWholeService(await tlsCase()), 180_000);
});
