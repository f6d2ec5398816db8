import { expect, test } from 'vitest';
import { surviveIn } from './survive-in-small-memory.ts';

/** Half of the memory of the manifests, and half of the backlogs; `npm run test:memory` is the whole. */
const HALF = {
  memoryMb: 256,
  unfinished: 500,
  holdMs: 3_000,
  many: { conversations: 50, events: 40, size: 20_000 },
  large: { conversations: 1, events: 120, size: 250_000 },
};

test('a service with little memory lives, accepts every honest delivery, and gets through its backlog', {
  timeout: 240_000,
}, async (context) => {
  if (!(await surviveIn(HALF))) context.skip('this user may not make a control group that limits memory');
  expect.hasAssertions();
});
