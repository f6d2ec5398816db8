import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from '@opentelemetry/sdk-metrics';
import { describe, expect, it } from 'vitest';
import { createTally } from '../../../src/telemetry/tally.ts';

describe('a tally', () => {
  it('tells each collection the whole count of each key, with the attributes of that key', async () => {
    const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
    const provider = new MeterProvider({ readers: [new PeriodicExportingMetricReader({ exporter })] });
    const tally = createTally(provider.getMeter('test').createObservableCounter('doors'));
    const points = async () => {
      exporter.reset();
      await provider.forceFlush();
      const [metric] = exporter.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
      return metric?.dataPoints.map(({ attributes, value }) => [attributes, value]) ?? [];
    };

    expect(await points()).toEqual([]);
    for (const colour of ['red', 'blue', 'red']) tally(colour, () => ({ colour }));
    expect(await points()).toEqual([
      [{ colour: 'red' }, 2],
      [{ colour: 'blue' }, 1],
    ]);
    tally('blue', () => ({ colour: 'blue' }));
    expect(await points()).toEqual([
      [{ colour: 'red' }, 2],
      [{ colour: 'blue' }, 2],
    ]);
    await provider.shutdown();
  });
});
