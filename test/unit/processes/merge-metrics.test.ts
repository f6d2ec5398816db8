import { expect, it } from 'vitest';
import { mergeMetrics } from '../../../src/processes/merge-metrics.ts';
import { shareOfHeap } from '../../../src/processes/supervise.ts';

const bodyOf = (count: number) =>
  [
    '# HELP hookpatch_events_total Events by topic',
    '# TYPE hookpatch_events_total counter',
    `hookpatch_events_total{topic="a {b} c",status="accepted"} ${count} 1763640000000`,
    '',
    '# HELP up Whether it is up',
    '# TYPE up gauge',
    'up 1',
    '',
  ].join('\n');

it('puts the samples of a family together, each with its process', () => {
  const merged = mergeMetrics([
    { process: '1', body: bodyOf(3) },
    { process: '2', body: bodyOf(4) },
    { process: '3', body: '' },
  ]);
  expect(merged).toBe(
    [
      '# HELP hookpatch_events_total Events by topic',
      '# TYPE hookpatch_events_total counter',
      'hookpatch_events_total{process="1",topic="a {b} c",status="accepted"} 3 1763640000000',
      'hookpatch_events_total{process="2",topic="a {b} c",status="accepted"} 4 1763640000000',
      '',
      '# HELP up Whether it is up',
      '# TYPE up gauge',
      'up{process="1"} 1',
      'up{process="2"} 1',
      '',
    ].join('\n'),
  );
});

it.each([
  ['--max-old-space-size-percentage=50', '--max-old-space-size-percentage=16'],
  ['--max_old_space_size=900', '--max_old_space_size=300'],
  ['--max-old-space-size=2', '--max-old-space-size=1'],
  ['--import', '--import'],
])('divides a limit of the heap among the processes: %s', (argument, shared) => {
  expect(shareOfHeap(argument, 3)).toBe(shared);
});
