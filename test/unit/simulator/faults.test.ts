import { describe, expect, test } from 'vitest';
import { FaultList, faultError } from '../../../simulator/faults.ts';
import { Journal } from '../../../simulator/journal.ts';
import { SlidingWindow } from '../../../simulator/sliding-window.ts';

describe('faults', () => {
  test('are used up in the order in which they were added, one for a request', () => {
    const faults = new FaultList(1);
    faults.add({ call: 'get-conversation', status: 500, times: 2 });
    faults.add({ call: '*', status: 503 });
    const taken = [1, 2, 3, 4].map(() => faults.take('get-conversation', 'call-1')?.status ?? null);
    expect(taken).toEqual([500, 500, 503, null]);
    expect(faults.list()).toEqual([]);
  });

  test('hit only their call and their conversation', () => {
    const faults = new FaultList(1);
    faults.add({ call: 'patch-wrapup', conversationId: 'call-1', status: 409 });
    expect(faults.take('patch-attributes', 'call-1')).toBeNull();
    expect(faults.take('patch-wrapup', 'call-2')).toBeNull();
    expect(faults.take('patch-wrapup', 'call-1')).toMatchObject({ status: 409 });
  });

  test('with a probability hit the same requests for the same seed, for as long as they are there', () => {
    const draw = (seed: number) => {
      const faults = new FaultList(seed);
      faults.add({ call: '*', status: 500, probability: 0.3 });
      return Array.from({ length: 1000 }, () => faults.take('get-conversation', null) !== null);
    };
    expect(draw(7)).toEqual(draw(7));
    expect(draw(7)).not.toEqual(draw(8));
    const hits = draw(7).filter(Boolean).length;
    expect(hits).toBeGreaterThan(200);
    expect(hits).toBeLessThan(400);
  });

  test('write Retry-After as seconds or as a date', () => {
    const faults = new FaultList(1);
    const now = Date.parse('2026-11-20T12:00:00Z');
    const seconds = faults.add({ call: '*', status: 429, retryAfterSeconds: 42 });
    const date = faults.add({ call: '*', status: 429, retryAfterSeconds: 42, retryAfterFormat: 'http-date' });
    expect(faultError(seconds, now)?.retryAfter).toBe('42');
    expect(faultError(date, now)?.retryAfter).toBe('Fri, 20 Nov 2026 12:00:42 GMT');
  });

  test('without an effect or with an unknown call are refused', () => {
    const faults = new FaultList(1);
    expect(() => faults.add({ call: 'token' })).toThrow('a fault needs one of');
    expect(() => faults.add({ call: 'get-nothing' as never, status: 500 })).toThrow("a fault's call is one of");
  });
});

describe('the sliding window', () => {
  test('admits the limit in any window and says how long to wait', () => {
    const window = new SlidingWindow();
    expect([0, 10, 20].map((now) => window.take(2, 100, now))).toEqual([null, null, 80]);
    expect(window.take(2, 100, 100)).toBeNull();
    expect(window.take(2, 100, 105)).toBe(5);
  });
});

describe('the journal', () => {
  test('keeps the newest records and tells how many it lost', () => {
    const journal = new Journal(4);
    for (let at = 1; at <= 6; at += 1) {
      journal.append({
        at,
        call: 'get-queue',
        conversationId: null,
        participantId: null,
        status: 200,
        code: null,
        executed: true,
        fault: null,
        correlationId: String(at),
        ifMatch: null,
        traceHeaders: [],
        write: null,
      });
    }
    expect(journal.records().map(({ sequence }) => sequence)).toEqual([3, 4, 5, 6]);
    expect(journal.dropped).toBe(2);
  });
});
