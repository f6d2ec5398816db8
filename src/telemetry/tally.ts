import type { Attributes, ObservableCounter } from '@opentelemetry/api';

/** Adds to the count of `key`, one unless more is given. The key is a name for its attributes, from an equally closed list. */
export type Tally = (key: string | number, attributesOf: () => Attributes, more?: number) => void;

/**
 * Counts for a counter that is read at each collection. The SDK would sort and serialise the attributes of each single addition,
 * which costs more than the rest of counting a delivery (docs/performance.md). The keys `fromZero` are shown before they are
 * counted: Prometheus sees no increase in a series that begins with 1.
 */
export function createTally(
  counter: ObservableCounter,
  fromZero: readonly (readonly [string | number, Attributes])[] = [],
): Tally {
  const counts = new Map<string | number, { readonly attributes: Attributes; count: number }>();
  for (const [key, attributes] of fromZero) counts.set(key, { attributes, count: 0 });
  counter.addCallback((result) => {
    for (const { count, attributes } of counts.values()) result.observe(count, attributes);
  });
  return (key, attributesOf, more = 1) => {
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { attributes: attributesOf(), count: more });
    else known.count += more;
  };
}
