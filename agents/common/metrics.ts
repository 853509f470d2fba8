/** The Prometheus text format, as far as the agents need it. */
export interface Metric {
  readonly name: string;
  readonly type: 'gauge' | 'counter';
  readonly help: string;
  /** Values by their labels; none: the family is left out. */
  readonly values: readonly (readonly [labels: Labels, value: number | boolean])[];
}
type Labels = Readonly<Record<string, string>>;

/** @param values one value, or values by their labels */
export function gauge(name: string, help: string, values: Metric['values'] | number | boolean): Metric {
  return { name, type: 'gauge', help, values: byLabels(values) };
}

/** Only ever grows while the agent runs. */
export function counter(name: string, help: string, values: Metric['values'] | number | boolean): Metric {
  return { name, type: 'counter', help, values: byLabels(values) };
}

export function renderMetrics(metrics: readonly Metric[]): string {
  return metrics
    .filter(({ values }) => values.length > 0)
    .flatMap(({ name, type, help, values }) => [
      `# HELP ${name} ${help}`,
      `# TYPE ${name} ${type}`,
      ...values.map(([labels, value]) => `${name}${renderLabels(labels)} ${Number(value)}`),
    ])
    .map((line) => `${line}\n`)
    .join('');
}

function byLabels(values: Metric['values'] | number | boolean): Metric['values'] {
  return typeof values === 'object' ? values : [[{}, values]];
}

function renderLabels(labels: Labels): string {
  const pairs = Object.entries(labels).map(([name, value]) => `${name}="${value.replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n')}"`);
  return pairs.length > 0 ? `{${pairs.join(',')}}` : '';
}
