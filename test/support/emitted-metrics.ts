/** A metric with its value, as CloudWatch takes it from a line of a function's log. */
export interface EmittedMetric {
  readonly namespace: string;
  readonly name: string;
  readonly unit: string;
  readonly dimensions: Readonly<Record<string, string>>;
  readonly value: number;
}

interface EmbeddedMetrics {
  readonly _aws?: {
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string;
      readonly Dimensions: readonly (readonly string[])[];
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[];
    }[];
  };
  readonly [field: string]: unknown;
}

/** Reads the embedded metric format; lines without metrics have none. */
export function emittedMetrics(lines: readonly string[]): readonly EmittedMetric[] {
  return lines
    .filter((line) => line.startsWith('{"_aws"'))
    .flatMap((line) => metricsOfLine(JSON.parse(line)));
}

function metricsOfLine({ _aws, ...fields }: EmbeddedMetrics): EmittedMetric[] {
  return (_aws?.CloudWatchMetrics ?? []).flatMap(({ Namespace, Dimensions, Metrics }) =>
    Dimensions.flatMap((names) =>
      Metrics.map(({ Name, Unit }) => ({
        namespace: Namespace,
        name: Name,
        unit: Unit,
        dimensions: Object.fromEntries(names.map((name) => [name, String(fields[name])])),
        value: Number(fields[Name]),
      })),
    ),
  );
}
