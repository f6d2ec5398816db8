import { expect, test } from 'vitest';
import { surviveIn } from '../e2e/survive-in-small-memory.ts';

/** What the manifests give a process, and what must be survived in it. */
const WHOLE = {
  memoryMb: 512,
  unfinished: 1_000,
  holdMs: 15_000,
  many: { conversations: 50, events: 100, size: 20_000 },
  large: { conversations: 1, events: 250, size: 250_000 },
};

test('a service of 512 MiB lives, accepts every honest delivery, and gets through its backlog', {
  timeout: 600_000,
}, async (context) => {
  if (!(await surviveIn(WHOLE))) context.skip('this user may not make a control group that limits memory');
  expect.hasAssertions();
});
