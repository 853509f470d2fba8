import { amount } from './format';
import type { Figure, Target } from './result';
import { linear } from './scale';

const WIDTH = 150;
const HEIGHT = 18;

/** All runs of one figure on a line that begins at 0: a dot a run, the limit as a bar, what never ended at the right edge. */
export function spread(values: readonly Figure[], unit: Target['unit'], target?: Target): string {
  const numbers = values.filter((value) => typeof value === 'number');
  const x = linear(0, Math.max(1, (target?.max ?? 0) * 1.2, ...numbers), 5, WIDTH - 5);
  const dots = values.flatMap((value) => {
    if (value === 'unmeasured') return [];
    const over = value === 'never' || (target !== undefined && value > target.max);
    return [`<circle class="${over ? 'over' : 'within'}" cx="${value === 'never' ? WIDTH - 5 : x(value)}" cy="${HEIGHT / 2}" r="3.4"/>`];
  });
  const limit = target ? `<path class="limit" d="M${x(target.max)} 1V${HEIGHT - 1}"/>` : '';
  const said = `${values.length} runs${target ? `, limit ${amount(target.max, unit)}` : ''}`;
  return `<svg class="spread" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${said}"><title>${said}</title><path class="grid" d="M5 ${HEIGHT / 2}H${WIDTH - 5}"/>${limit}${dots.join('')}</svg>`;
}
