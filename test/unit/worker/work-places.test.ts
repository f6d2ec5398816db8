import { describe, expect, it } from 'vitest';
import { createWorkPlaces } from '../../../src/worker/work-places.ts';

/** Work that says when it runs and ends when it is told to. */
function startWork(places: ReturnType<typeof createWorkPlaces>, name: string, log: string[]) {
  const end = Promise.withResolvers<void>();
  const done = places.hold(async () => {
    log.push(name);
    await end.promise;
  });
  return { end: end.resolve, done };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

describe('work places', () => {
  it('lets as many work as there are places, the others in order of asking', async () => {
    const places = createWorkPlaces(2);
    const log: string[] = [];
    const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => startWork(places, name, log));
    await settled();
    expect(log).toEqual(['a', 'b']);
    b?.end();
    await b?.done;
    await settled();
    expect(log).toEqual(['a', 'b', 'c']);
    for (const work of [a, c, d]) work?.end();
    await Promise.all([a?.done, c?.done, d?.done]);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  it('gives the place of one that waits to another, and lets it return before one that has not begun', async () => {
    const places = createWorkPlaces(1);
    const log: string[] = [];
    const wait = Promise.withResolvers<void>();
    const waiting = places.hold(async () => {
      await places.leaveDuring(() => wait.promise);
      log.push('returned');
    });
    const next = startWork(places, 'next', log);
    const last = startWork(places, 'last', log);
    await settled();
    expect(log).toEqual(['next']);
    wait.resolve();
    await settled();
    expect(log).toEqual(['next']);
    next.end();
    last.end();
    await Promise.all([waiting, last.done]);
    expect(log).toEqual(['next', 'returned', 'last']);
  });

  it('frees the place of work that fails, also while it waits', async () => {
    const places = createWorkPlaces(1);
    const fail = () => Promise.reject(new Error('no'));
    await expect(places.hold(fail)).rejects.toThrow('no');
    await expect(places.hold(() => places.leaveDuring(fail))).rejects.toThrow('no');
    await expect(places.hold(async () => 'works')).resolves.toBe('works');
  });
});
