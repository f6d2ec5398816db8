import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { curlCommand } from '../../../demo/invite.ts';
import { signBody } from '../../../simulator/sign-delivery.ts';

test('the curl line, as a shell reads it, sends the body that it signs', async () => {
  const body = JSON.stringify({ topicName: 'v2.detail', note: 'a "quoted" word, 50%, $HOME' });
  const line = curlCommand('http://127.0.0.1:1/webhooks?a=1&b=2', 'a-secret-of-16-bytes', body);
  const script = `curl() { printf '%s\\n' "$@"; }\n${line}`;
  const { stdout } = await promisify(execFile)('sh', ['-c', script]);
  expect(stdout.trimEnd().split('\n')).toEqual([
    '-sS',
    'http://127.0.0.1:1/webhooks?a=1&b=2',
    '-H',
    'Content-Type: application/json',
    '-H',
    `X-Genesys-Signature: ${signBody('a-secret-of-16-bytes', body)}`,
    '-d',
    body,
  ]);
});
