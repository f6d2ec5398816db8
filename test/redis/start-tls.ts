import { join } from 'node:path';
import { findFreePort } from '../../harness/find-free-port.ts';
import type { RedisProgram } from '../../harness/redis-child.ts';
import { makeCertificates } from '../make-certificates.ts';
import { startRedis } from './set-up.ts';

/** A Redis with TLS and an own authority, which asks each client for a certificate. */
export async function startTls(program?: RedisProgram) {
  const { folder, ...certificates } = await makeCertificates('localhost');
  const port = await findFreePort();
  const file = (name: string) => join(folder, name);
  const settings = {
    'tls-port': String(port),
    'tls-ca-cert-file': file('ca.crt'),
    'tls-cert-file': file('own.crt'),
    'tls-key-file': file('own.key'),
  };
  const redis = await startRedis(settings, program);
  const REDIS_URL = `rediss://localhost:${port}`;
  const env = {
    REDIS_URL,
    REDIS_CA_FILE: file('ca.crt'),
    REDIS_CERT_FILE: file('own.crt'),
    REDIS_KEY_FILE: file('own.key'),
  };
  return { redis, env, urls: [REDIS_URL], ...certificates };
}
