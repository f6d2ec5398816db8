import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { onTestFinished } from 'vitest';

const run = promisify(execFile);
const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

/** Where there is no openssl there are no certificates to try TLS with. */
export const hasOpenssl = await run('openssl', ['version']).then(
  () => true,
  () => false,
);

/** An authority, and a certificate of it for `name`, as PEM and as the files `ca.crt`, `own.crt` and `own.key` of `folder`. */
export async function makeCertificates(name: string) {
  const folder = await mkdtemp(join(tmpdir(), 'hookpatch-tls-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  const openssl = (command: string) => run('openssl', command.split(' '), { cwd: folder });
  const newKey = CURVE.join(' ');
  await openssl(`req -x509 ${newKey} -keyout ca.key -out ca.crt -subj /CN=authority`);
  await openssl(`req ${newKey} -keyout own.key -out own.csr -subj /CN=${name} -addext subjectAltName=DNS:${name}`);
  await openssl('x509 -req -in own.csr -CA ca.crt -CAkey ca.key -CAcreateserial -copy_extensions copy -out own.crt');
  const read = (file: string) => readFile(join(folder, file), 'utf8');
  return { folder, ca: await read('ca.crt'), cert: await read('own.crt'), key: await read('own.key') };
}
