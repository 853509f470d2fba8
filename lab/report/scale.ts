export interface Scale {
  (value: number): number;
}

/** Rounded to a tenth of a pixel: keeps pages small and their text the same on every machine. */
export function linear(from: number, to: number, start: number, end: number): Scale {
  const span = to - from || 1;
  return (value) => round(start + ((Math.min(to, Math.max(from, value)) - from) / span) * (end - start));
}

export function logarithmic(from: number, to: number, start: number, end: number): Scale {
  const inner = linear(Math.log10(from), Math.log10(to), start, end);
  return (value) => inner(Math.log10(Math.max(from, value)));
}

/** Round values inside the range, about `wanted` of them. */
export function ticks(from: number, to: number, wanted: number): number[] {
  const rough = (to - from) / wanted || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((candidate) => candidate >= rough)!;
  const first = Math.ceil(from / step) * step;
  const count = Math.max(0, Math.floor((to - first) / step + 1e-9) + 1);
  return Array.from({ length: count }, (_, n) => Number((first + n * step).toFixed(6)));
}

export function round(value: number): number {
  return Math.round(value * 10) / 10;
}
