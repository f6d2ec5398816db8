import { AggregationTemporality, type IMetricReader, InstrumentType } from '@opentelemetry/sdk-metrics';

/**
 * Makes a reader show a gauge only while it is observed. With cumulative temporality, the default, the SDK repeats the last value
 * of a gauge that no callback observed. A queue length would then not change while Redis is away, and look healthy. Temporality
 * has no other meaning for a gauge, and no exporter shows it.
 */
export function showCurrentGauges<R extends IMetricReader>(reader: R): R {
  const select = reader.selectAggregationTemporality.bind(reader);
  reader.selectAggregationTemporality = (type) =>
    type === InstrumentType.OBSERVABLE_GAUGE ? AggregationTemporality.DELTA : select(type);
  return reader;
}
