const MB = 2 ** 20;

const rule = (condition: string) =>
  `rules:\n  - name: bad\n    when:\n      topic: "**"\n      if: ${JSON.stringify(condition)}\n    actions: [{ setAttributes: { a: b } }]\n`;
const bomb = `a: &a [x, x, x, x, x, x, x, x, x]\n${'bcdefgh'.replaceAll(/./g, (name, at: number) => `${name}: &${name} [${Array(9).fill(`*${'abcdefgh'[at]}`)}]\n`)}rules: *h\n`;

/** Rules files that would stop the process, or eat its memory, if they were taken; and what the refusal says. */
export const HOSTILE_RULES: readonly (readonly [name: string, text: string, fault: RegExp])[] = [
  ['back references', rule('event.ani.matches("^(a*)\\\\1$")'), /regular expression is refused/],
  ['a pattern from the event', rule('event.ani.matches(event.dnis)'), /written out as a string/],
  ['an expression of 100,000 characters', rule(`event.ani == "${'x'.repeat(100_000)}"`), /longer than 4096 characters/],
  ['a loop in a loop over the same list', rule('event.body.l.exists(a, event.body.l.exists(b, a == b))'), /inside another loop/],
  ['doubling', rule('cel.bind(x, event.ani, x + x) == ""'), /cel\.bind is not allowed/],
  ['1,000 brackets', rule(`${'('.repeat(1_000)}true${')'.repeat(1_000)}`), /Exceeded maxDepth/],
  ['aliases that multiply', bomb, /Excessive alias count/],
  ['2 MB', `# ${'x'.repeat(2 * MB)}\n`, /larger than 1048576 bytes/],
  ['10,000 levels', `rules: ${'['.repeat(10_000)}`, /nested too deeply/],
];
