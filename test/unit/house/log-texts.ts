import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** A call that logs at `warn`, `error` or `fatal`. */
export interface LogCall {
  readonly file: string;
  /** The text, if it is written out in the call; else the expression in its place. */
  readonly message: string;
  readonly isWrittenOut: boolean;
}

/** Every such call below a folder, found in the source: a logger's method, or a damped form of one (`createDampedLog`). */
export function findLogCalls(folder: string): LogCall[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .flatMap((name) => callsIn(name, readFileSync(join(folder, name), 'utf8')));
}

function callsIn(file: string, source: string): LogCall[] {
  const damped = [...source.matchAll(/const (\w+) = createDampedLog\(/g)].map(([, name]) => name);
  const callee = new RegExp(
    `(?:[lL]ogger(?:\\.(?:warn|error|fatal)|\\[\\w+\\(\\w+\\)\\])${damped.map((name) => `|(?<![\\w.])${name}`).join('')})\\(`,
    'g',
  );
  return (
    [...source.matchAll(callee)]
      .map(({ 0: found, index }) => lastArgument(source, index + found.length))
      // The body of a damped log, which passes a text on, and the declaration of a method.
      .filter((argument) => !/^message(: string)?$/.test(argument))
      .map((argument) => {
        const [, written] = /^'(.*)'$/s.exec(argument) ?? [];
        return { file, message: written ?? argument, isWrittenOut: written !== undefined };
      })
  );
}

/** The last argument of the call whose parenthesis is open before `start`. */
function lastArgument(source: string, start: number): string {
  let depth = 0;
  let quote: string | null = null;
  let begin = start;
  const parts: string[] = [];
  for (let index = start; index < source.length; index += 1) {
    const char = source[index] ?? '';
    if (quote !== null) {
      if (char === '\\') index += 1;
      else if (char === quote) quote = null;
      continue;
    }
    if (char === "'" || char === '"' || char === '`') quote = char;
    else if ('([{'.includes(char)) depth += 1;
    else if (depth > 0 && ')]}'.includes(char)) depth -= 1;
    else if (char === ')' || char === ',') {
      if (depth > 0) continue;
      parts.push(source.slice(begin, index).trim());
      begin = index + 1;
      if (char === ')') break;
    }
  }
  return parts.filter((part) => part !== '').at(-1) ?? '';
}
