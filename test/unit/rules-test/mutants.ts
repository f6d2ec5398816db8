/** A rules file with one change. */
export interface Mutant {
  readonly what: string;
  readonly rules: unknown;
}

type Path = readonly (string | number)[];

/** What a change of a condition is likely to be, by mistake: another operator, another value, the opposite. */
const CONDITION_CHANGES: readonly (readonly [pattern: RegExp, replacement: string])[] = [
  [/==/, '!='],
  [/!=/, '=='],
  [/&&/, '||'],
  [/\|\|/, '&&'],
  [/<(?!=)/, '<='],
  [/<(?!=)/, '>'],
  [/ in /, ' == '],
];

/** Every rules file that differs in one place: a condition, a topic, a target, or an action. What does not load is caught anyway, and left out. */
export function mutantsOf(file: unknown): readonly Mutant[] {
  const changed = leavesOf(file, []).flatMap(({ path, value }) =>
    [...new Set(changesOf(path, value))].filter((other) => other !== value).map((other) => toMutant(file, path, value, other)),
  );
  return [...changed, ...withoutOneAction(file)];
}

function withoutOneAction(file: unknown): Mutant[] {
  const { rules } = file as { readonly rules: readonly { readonly name: string; readonly actions: readonly unknown[] }[] };
  return rules.flatMap(({ name, actions }, at) =>
    actions.length < 2
      ? []
      : actions.map((_, index) => {
          const mutant = structuredClone(file) as { rules: { actions: unknown[] }[] };
          mutant.rules[at]?.actions.splice(index, 1);
          return { what: `${name}: without action ${index}`, rules: mutant };
        }),
  );
}

function toMutant(file: unknown, path: Path, value: unknown, changed: unknown): Mutant {
  const rules = structuredClone(file);
  const parent = path.slice(0, -1).reduce((node, step) => (node as Record<string | number, unknown>)[step], rules) as Record<
    string | number,
    unknown
  >;
  const last = path.at(-1) ?? '';
  if (changed === undefined) delete parent[last];
  else parent[last] = changed;
  return { what: `${path.join('.')}: ${String(value)} -> ${String(changed)}`, rules };
}

function leavesOf(value: unknown, path: Path): { path: Path; value: unknown }[] {
  if (typeof value !== 'object' || value === null) return [{ path, value }];
  return Object.entries(value).flatMap(([key, inner]) => leavesOf(inner, [...path, Array.isArray(value) ? Number(key) : key]));
}

function changesOf(path: Path, value: unknown): readonly unknown[] {
  const text = String(value);
  const [, , section, key] = path;
  if (section === 'when' && key === 'if') return [...conditionChanges(text), undefined];
  if (section === 'onlyIf') return [...conditionChanges(text), undefined];
  if (section === 'when' && key === 'topic') return [text.replace(/[^.]+$/, 'other'), text.replace(/\.(start|end)$/, '.*')];
  if (section === 'target')
    return [`${text === 'agent' ? 'customer' : 'acd'}`, 'nobody', ...(path.length > 4 ? [undefined] : [])];
  if (section === 'actions')
    return typeof value === 'boolean' ? [!value] : typeof value === 'string' ? ['another', undefined] : [];
  return [];
}

function conditionChanges(source: string): readonly string[] {
  const changed = CONDITION_CHANGES.flatMap(([pattern, replacement]) => everyChange(source, pattern, replacement));
  const values = [...everyChange(source, /"[^"]+"/, '"other"'), ...everyChange(source, /\b\d+\b(?=[^"]*$)/, '0')];
  return [...changed, ...values, `!(${source})`, 'true', 'false'];
}

/** The text with one occurrence replaced, for each of them. */
function everyChange(source: string, pattern: RegExp, replacement: string): string[] {
  return [...source.matchAll(new RegExp(pattern, 'g'))].map(
    ({ 0: found, index }) => source.slice(0, index) + replacement + source.slice(index + found.length),
  );
}
