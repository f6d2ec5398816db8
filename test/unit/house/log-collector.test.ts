import { PassThrough } from 'node:stream';
import { describe, expect, test } from 'vitest';
import { LogCollector } from '../../../harness/log-collector.ts';

function collect() {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  return { stdout, stderr, collector: new LogCollector({ stdout, stderr }) };
}

describe('the log of a child process', () => {
  test('is read line by line, wherever the chunks are cut', async () => {
    const { stdout, collector } = collect();
    stdout.write('{"msg":"lis');
    stdout.write('tening"}\n{"msg":"ready"}\n');
    await collector.waitFor((line) => line.msg === 'ready', 1_000);
    expect(collector.lines).toEqual([{ msg: 'listening' }, { msg: 'ready' }]);
  });

  test('keeps what is no JSON object apart', async () => {
    const { stdout, stderr, collector } = collect();
    stderr.write('(node:1) Warning: old\n{broken\n{"msg":"after"}\n');
    stdout.end();
    await collector.waitFor((line) => line.msg === 'after', 1_000);
    expect(collector.output).toEqual(['(node:1) Warning: old', '{broken']);
  });

  test('finds a line of the past', async () => {
    const { stdout, collector } = collect();
    stdout.write('{"msg":"ready","pid":1}\n');
    await collector.waitFor((line) => line.msg === 'ready', 1_000);
    await expect(collector.waitFor((line) => line.pid === 1, 1_000)).resolves.toMatchObject({ msg: 'ready' });
  });

  test('says what was logged when the line does not come', async () => {
    const { stdout, collector } = collect();
    stdout.write('{"msg":"refused"}\n');
    await collector.waitFor((line) => line.msg === 'refused', 1_000);
    await expect(collector.waitFor(() => false, 1)).rejects.toThrow('{"msg":"refused"}');
  });
});
