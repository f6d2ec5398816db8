import { tests as published } from '@bufbuild/cel-spec/testdata/conformance.js';

/** A value of the suite, in protobuf's JSON. */
export type CelValue =
  | { readonly nullValue: null }
  | { readonly boolValue: boolean }
  | { readonly int64Value: string }
  | { readonly uint64Value: string }
  | { readonly doubleValue: number | string }
  | { readonly stringValue: string }
  | { readonly listValue: { readonly values?: readonly CelValue[] } }
  | { readonly mapValue: { readonly entries?: readonly { readonly key: CelValue; readonly value: CelValue }[] } };

export interface ConformanceTest {
  /** `suite/section/test`. */
  readonly name: string;
  readonly expression: string;
  readonly bindings: Readonly<Record<string, CelValue>>;
  /** `null`: an error. */
  readonly expected: CelValue | null;
}

/** The suites whose language rules can use: no protobuf messages, and of the extensions the strings and the optional values. */
const SUITES = [
  'basic',
  'comparisons',
  'conversions',
  'fp_math',
  'integer_math',
  'lists',
  'logic',
  'macros',
  'optionals',
  'parse',
  'plumbing',
  'string',
  'string_ext',
  'timestamps',
];

/**
 * Events are JSON and rules make texts, so what follows never meets a rule: protobuf messages, bytes, unsigned integers, types as values, and
 * functions that docs/configuration.md does not list.
 */
const UNUSED = [
  /TestAllTypes|google\.protobuf\.|objectValue|NestedEnum|GlobalEnum/,
  /bytesValue|(^|[^\w"'.])[bB][rR]?["']|\bbytes\b/,
  /uint64Value|\b\d+u\b|\buint\b|\b0x[\da-f]+u\b/i,
  /typeValue|\btype\(|typedResult/,
  /\.(format|quote|reverse|charAt|replace|optMap|optFlatMap)\(|strings\.quote|ofNonZeroValue/,
];

interface PublishedTest {
  readonly original: {
    readonly name?: string;
    readonly expr: string;
    readonly value?: CelValue;
    readonly evalError?: unknown;
    readonly bindings?: Readonly<Record<string, { readonly value: CelValue }>>;
    readonly checkOnly?: boolean;
  };
}

interface PublishedSuite {
  readonly name: string;
  readonly suites?: readonly PublishedSuite[];
  readonly tests?: readonly PublishedTest[];
}

export function listConformanceTests(): readonly ConformanceTest[] {
  const { suites = [] } = published as PublishedSuite;
  return suites.filter(({ name }) => SUITES.includes(name)).flatMap((suite) => testsOf(suite, ''));
}

function testsOf(suite: PublishedSuite, path: string): ConformanceTest[] {
  const base = `${path}${suite.name}/`;
  const own = (suite.tests ?? [])
    .filter(({ original }) => !UNUSED.some((unused) => unused.test(JSON.stringify(original))))
    .map(({ original }): ConformanceTest => {
      const { name, expr, value, evalError, bindings = {} } = original;
      return {
        name: `${base}${name ?? expr}`,
        expression: expr,
        bindings: Object.fromEntries(Object.entries(bindings).map(([variable, bound]) => [variable, bound.value])),
        expected: evalError === undefined ? (value ?? { boolValue: true }) : null,
      };
    });
  return [...own, ...(suite.suites ?? []).flatMap((inner) => testsOf(inner, base))];
}

/** The engine refuses these, when the rules are loaded or as a condition that fails; CEL has a value. Nobody is misled. */
export const REFUSED: readonly string[] = [
  'basic/variables/unbound_is_runtime_error',
  'basic/functions/unbound_is_runtime_error',
  'comparisons/eq_literal/not_eq_list_length',
  'comparisons/eq_literal/eq_mixed_types',
  'comparisons/eq_literal/eq_list_elem_mixed_types',
  'comparisons/gt_literal/not_gt_double',
  'logic/conditional/mixed_type',
  'logic/AND/short_circuit_type_left',
  'logic/AND/short_circuit_type_right',
  'logic/OR/short_circuit_type_left',
  'logic/OR/short_circuit_type_right',
  'macros/all/list_empty',
  'macros/exists_one/map_one',
  'macros/map/list_empty',
  'macros/nested/filter_all',
  'macros/nested/all_all',
  'optionals/optionals/map_undefined_entry_hasValue',
  'optionals/optionals/ternary_optional_hasValue',
  'optionals/optionals/has_map_optindex',
  'optionals/optionals/has_map_optindex_field',
  'optionals/optionals/optional_chaining_5',
  'optionals/optionals/optional_chaining_9',
  'optionals/optionals/optional_chaining_14',
  'optionals/optionals/optional_none_optselect_hasValue',
  'optionals/optionals/optional_none_optindex_hasValue',
  'optionals/optionals/optional_eq_none_none',
  'optionals/optionals/optional_eq_none_int',
  'optionals/optionals/optional_eq_int_none',
  'optionals/optionals/optional_eq_int_int',
  'optionals/optionals/optional_ne_none_none',
  'optionals/optionals/optional_ne_none_int',
  'optionals/optionals/optional_ne_int_none',
  'optionals/optionals/optional_ne_int_int',
  'optionals/optionals/map_optional_has',
  'optionals/optionals/map_optional_select_has',
  'optionals/optionals/map_optional_entry_has',
  'parse/receiver_function_names/as',
  'parse/receiver_function_names/break',
  'parse/receiver_function_names/const',
  'parse/receiver_function_names/continue',
  'parse/receiver_function_names/else',
  'parse/receiver_function_names/for',
  'parse/receiver_function_names/function',
  'parse/receiver_function_names/if',
  'parse/receiver_function_names/import',
  'parse/receiver_function_names/let',
  'parse/receiver_function_names/loop',
  'parse/receiver_function_names/package',
  'parse/receiver_function_names/namespace',
  'parse/receiver_function_names/return',
  'parse/receiver_function_names/var',
  'parse/receiver_function_names/void',
  'parse/receiver_function_names/while',
  'timestamps/timestamp_arithmetic/add_time_to_duration',
];

/** The engine has another value, or has one where CEL has an error: numbers near 2^63 and times beyond the years 1 to 9999. */
export const DIFFERENT: readonly string[] = [
  'comparisons/lt_literal/not_lt_dyn_int_big_lossy_double',
  'comparisons/gt_literal/not_gt_dyn_big_double_int',
  'comparisons/lte_literal/lte_dyn_big_double_int',
  'comparisons/gte_literal/gte_dyn_int_big_lossy_double',
  'conversions/int/double_int_max_range',
  'conversions/int/double_int_min_range',
  'conversions/int/double_range',
  'integer_math/int64_math/int64_min_negate',
  'integer_math/int64_math/int64_min_negate_div',
  'optionals/optionals/map_null_entry_no_such_key',
  'optionals/optionals/map_present_key_invalid_field',
  'timestamps/timestamp_conversions/toString_timestamp_nanos',
  'timestamps/timestamp_arithmetic/add_time_to_duration_nanos_positive',
  'timestamps/timestamp_range/add_duration_under',
  'timestamps/timestamp_range/add_duration_over',
  'timestamps/timestamp_range/add_duration_nanos_over',
  'timestamps/timestamp_range/add_duration_nanos_under',
  'timestamps/timestamp_range/sub_time_duration_over',
  'timestamps/timestamp_range/sub_time_duration_under',
  'timestamps/duration_range/from_string_under',
  'timestamps/duration_range/from_string_over',
  'timestamps/duration_range/add_under',
  'timestamps/duration_range/add_over',
  'timestamps/duration_range/sub_under',
  'timestamps/duration_range/sub_over',
];
