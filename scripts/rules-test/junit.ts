import type { CaseResult } from './test-cases.ts';

/** JUnit's XML, which CI systems show. */
export function toJUnit(file: string, results: readonly CaseResult[]): string {
  const failures = results.filter(({ problems }) => problems.length > 0).length;
  const cases = results.map(({ name, problems }) => {
    const failure = problems.length === 0 ? '' : `<failure>${escapeXml(problems.join('\n'))}</failure>`;
    return `  <testcase classname="${escapeXml(file)}" name="${escapeXml(name)}">${failure}</testcase>`;
  });
  const head = `<testsuite name="${escapeXml(file)}" tests="${results.length}" failures="${failures}">`;
  return ['<?xml version="1.0" encoding="UTF-8"?>', head, ...cases, '</testsuite>', ''].join('\n');
}

function escapeXml(text: string): string {
  const entities: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };
  return text.replace(/[&<>"]/g, (char) => entities[char] ?? char);
}
