import { describe, expect, test } from 'vitest';
import {
  failedTests,
  formatTally,
  silentProjects,
  sumTallies,
  tallyCheck,
  tallyVitest,
  type VitestReport,
} from '../../../scripts/test-tally.ts';

const report = (fields: Partial<VitestReport>): VitestReport => ({
  numPassedTests: 0,
  numPendingTests: 0,
  numTodoTests: 0,
  testResults: [],
  ...fields,
});

const ranIn = (project: string, statuses: readonly string[] = ['passed']) => ({
  name: `/checkout/test/${project}/some.test.ts`,
  status: statuses.includes('failed') ? 'failed' : 'passed',
  message: '',
  assertionResults: statuses.map((status) => ({
    status,
    fullName: `does what it should (${status})`,
    failureMessages: status === 'failed' ? ['Error: expected 1\n    at some.test.ts:1:1'] : [],
  })),
});

describe('the tally of a vitest run', () => {
  test('counts passed, failed and skipped tests', () => {
    const testResults = [ranIn('unit', ['passed', 'failed'])];
    const mixed = report({ numPassedTests: 1, numPendingTests: 2, numTodoTests: 1, testResults });
    expect(tallyVitest(mixed, 1, ['unit'])).toEqual({ passed: 1, failed: 1, skipped: 3 });
  });

  test('counts a file that could not be loaded', () => {
    const testResults = [
      ranIn('unit'),
      { name: '/checkout/test/unit/broken.test.ts', status: 'failed', message: '', assertionResults: [] },
    ];
    expect(tallyVitest(report({ numPassedTests: 1, testResults }), 1, ['unit'])).toEqual({ passed: 1, failed: 1, skipped: 0 });
  });

  test('names what failed, and why', () => {
    const message = 'No such module';
    const broken = { name: '/checkout/test/unit/broken.test.ts', status: 'failed', message, assertionResults: [] };
    expect(failedTests(report({ testResults: [ranIn('unit'), ranIn('e2e', ['passed', 'failed']), broken] }))).toEqual([
      '/checkout/test/e2e/some.test.ts: does what it should (failed): Error: expected 1',
      '/checkout/test/unit/broken.test.ts: No such module',
    ]);
  });

  test('counts a crash, which leaves no report', () => {
    expect(tallyVitest(null, 139, ['unit'])).toEqual({ passed: 0, failed: 1, skipped: 0 });
  });

  test('counts an error outside every test, which only the exit code tells', () => {
    const clean = report({ numPassedTests: 1, testResults: [ranIn('unit')] });
    expect(tallyVitest(clean, 1, ['unit'])).toEqual({ passed: 1, failed: 1, skipped: 0 });
    expect(tallyVitest(clean, 0, ['unit'])).toEqual({ passed: 1, failed: 0, skipped: 0 });
  });

  test('counts each project as failed of which no test ran, also when all of its tests are skipped', () => {
    const partial = report({ numPassedTests: 1, testResults: [ranIn('unit'), ranIn('e2e', ['pending'])] });
    expect(silentProjects(partial, ['unit', 'integration', 'e2e'])).toEqual(['integration', 'e2e']);
    expect(tallyVitest(partial, 0, ['unit', 'integration', 'e2e'])).toMatchObject({ passed: 1, failed: 2 });
  });
});

test('a check counts as one, whatever its exit code', () => {
  expect(tallyCheck(0)).toEqual({ passed: 1, failed: 0, skipped: 0 });
  expect(tallyCheck(2)).toEqual({ passed: 0, failed: 1, skipped: 0 });
});

test('the last line adds everything up and names skipped tests only where there are some', () => {
  const checks = sumTallies([tallyCheck(0), tallyCheck(1)]);
  expect(formatTally(checks)).toBe('1 passed, 1 failed');
  expect(formatTally(sumTallies([checks, { passed: 10, failed: 0, skipped: 2 }]))).toBe('11 passed, 1 failed, 2 skipped');
});
