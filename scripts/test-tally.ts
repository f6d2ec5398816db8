/** What ran and how it ended; each check (types, lint, ...) counts as one. */
export interface Tally {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

/** The part of vitest's JSON report that is read here. */
export interface VitestReport {
  readonly numPassedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly testResults: readonly {
    /** Absolute path of the file. */
    readonly name: string;
    readonly status: string;
    /** Why the file failed without a failed test. */
    readonly message: string;
    readonly assertionResults: readonly {
      readonly status: string;
      readonly fullName: string;
      /** Each with its stack. */
      readonly failureMessages: readonly string[];
    }[];
  }[];
}

/**
 * Counts a vitest run. What failed without a failed test is counted too: a file that can't be loaded, a hook, an
 * unhandled error, a crash (no report), and each of `projects` (folders below `test/`) of which no test ran.
 */
export function tallyVitest(report: VitestReport | null, exitCode: number, projects: readonly string[]): Tally {
  if (report === null) return { passed: 0, failed: 1, skipped: 0 };
  const failed = failedTests(report).length + silentProjects(report, projects).length;
  return {
    passed: report.numPassedTests,
    failed: failed === 0 && exitCode !== 0 ? 1 : failed,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}

/** `file: test: why` of each test that failed, and `file: why` of what failed without a failed test. */
export function failedTests({ testResults }: VitestReport): string[] {
  return testResults
    .filter(({ status }) => status === 'failed')
    .flatMap(({ name, message, assertionResults }) => {
      const failed = assertionResults.filter(({ status }) => status === 'failed');
      if (failed.length === 0) return [`${name}: ${firstLine(message)}`];
      return failed.map(({ fullName, failureMessages }) => `${name}: ${fullName}: ${firstLine(failureMessages[0] ?? '')}`);
    });
}

const MOST_SHOWN = 300;

function firstLine(text: string): string {
  return (text.trim().split('\n')[0] ?? '').slice(0, MOST_SHOWN);
}

/** Projects of which no test passed or failed. */
export function silentProjects({ testResults }: VitestReport, projects: readonly string[]): string[] {
  const ran = testResults.filter(({ assertionResults }) =>
    assertionResults.some(({ status }) => status === 'passed' || status === 'failed'),
  );
  return projects.filter((project) => !ran.some(({ name }) => name.includes(`/test/${project}/`)));
}

export function tallyCheck(exitCode: number): Tally {
  return exitCode === 0 ? { passed: 1, failed: 0, skipped: 0 } : { passed: 0, failed: 1, skipped: 0 };
}

export function sumTallies(tallies: readonly Tally[]): Tally {
  return tallies.reduce(
    (sum, tally) => ({
      passed: sum.passed + tally.passed,
      failed: sum.failed + tally.failed,
      skipped: sum.skipped + tally.skipped,
    }),
    { passed: 0, failed: 0, skipped: 0 },
  );
}

/** `12 passed, 0 failed`, and `, 1 skipped` where something was. */
export function formatTally({ passed, failed, skipped }: Tally): string {
  return `${passed} passed, ${failed} failed${skipped > 0 ? `, ${skipped} skipped` : ''}`;
}
