export interface MetricsOfProcess {
  /** The value of the label `process`. */
  readonly process: string;
  /** In Prometheus's text format. */
  readonly body: string;
}

interface Family {
  /** The lines of HELP and TYPE. */
  head: string[];
  readonly samples: string[];
}

/**
 * The metrics of several processes as one text, each sample with the label `process`. The samples of a family stand together and
 * its HELP and TYPE once, as the format requires.
 */
export function mergeMetrics(all: readonly MetricsOfProcess[]): string {
  const families = new Map<string, Family>();
  for (const { process, body } of all) {
    for (const [name, { head, samples }] of familiesOf(body)) {
      const family = families.get(name) ?? { head, samples: [] };
      families.set(name, family);
      family.samples.push(...samples.map((sample) => withProcess(sample, process)));
    }
  }
  return [...families.values()].flatMap(({ head, samples }) => [...head, ...samples, '']).join('\n');
}

function familiesOf(body: string): Map<string, Family> {
  const families = new Map<string, Family>();
  let current: Family = { head: [], samples: [] };
  for (const line of body.split('\n')) {
    const name = /^# (?:HELP|TYPE|UNIT) (\S+)/.exec(line)?.[1];
    if (name !== undefined) {
      current = families.get(name) ?? { head: [], samples: [] };
      families.set(name, current);
      current.head.push(line);
    } else if (line !== '' && !line.startsWith('#')) {
      current.samples.push(line);
    }
  }
  return families;
}

function withProcess(sample: string, process: string): string {
  const label = `process="${process}"`;
  return sample.replace(/^([A-Za-z_:][A-Za-z0-9_:]*)(\{?)/, (_, name: string, brace: string) =>
    brace === '' ? `${name}{${label}}` : `${name}{${label},`,
  );
}
