import { ExpiringMap } from '../domain/expiring-map.ts';

/** A date and time as clocks show it. Months and days count from 1. */
export interface ClockTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

/** Making a formatter takes some 50 µs, using it 2. */
const formatters = new ExpiringMap<string, Intl.DateTimeFormat>({ limit: 100 });

/**
 * The local date and time in a time zone: a name of the IANA database, or an offset such as `+02:00`, which CEL also accepts as
 * `02:00`.
 *
 * @throws RangeError when there is no such zone
 */
export function clockTimeIn(time: Date, timeZone: string): ClockTime {
  const parts = new Map(
    formatterFor(timeZone)
      .formatToParts(time)
      .map(({ type, value }) => [type, Number(value)]),
  );
  const numberOf = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return {
    year: numberOf('year'),
    month: numberOf('month'),
    day: numberOf('day'),
    hour: numberOf('hour'),
    minute: numberOf('minute'),
    second: numberOf('second'),
  };
}

function formatterFor(timeZone: string): Intl.DateTimeFormat {
  const known = formatters.get(timeZone);
  if (known !== undefined) return known;
  const formatter = new Intl.DateTimeFormat('en-US-u-ca-gregory-nu-latn-hc-h23', {
    timeZone: /^\d/.test(timeZone) ? `+${timeZone}` : timeZone,
    year: 'numeric',
    month: 'numeric',
    day: 'numeric',
    hour: 'numeric',
    minute: 'numeric',
    second: 'numeric',
  });
  formatters.set(timeZone, formatter);
  return formatter;
}
