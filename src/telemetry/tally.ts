import type { Attributes, ObservableCounter } from '@opentelemetry/api';

/** Adds one to the count of `key`, a name of its attributes that is as closed a list as they are. */
export type Tally = (key: string | number, attributesOf: () => Attributes) => void;

/**
 * Counts for a counter that is read at each collection: the SDK sorts and serialises the attributes of each single
 * addition, which is more than the rest of counting a delivery costs (docs/performance.md). `fromZero` are the keys that are
 * shown before they are counted: Prometheus sees no increase in a series that begins with 1.
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
  return (key, attributesOf) => {
    const known = counts.get(key);
    if (known === undefined) counts.set(key, { attributes: attributesOf(), count: 1 });
    else known.count += 1;
  };
}
