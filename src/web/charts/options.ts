import type { EChartsOption } from 'echarts';
import { unitOf } from '../view/format';

/** Explicit, because text is measured with it. */
const FONT = 'system-ui, sans-serif';
/** Colours are CSS variables, so that light and dark mode need no second drawing. */
const INK = { color: 'var(--muted)', fontFamily: FONT, fontSize: 11 };
const LINE = { lineStyle: { color: 'var(--line)' } };
const PALETTE = [
  'var(--c1)',
  'var(--c2)',
  'var(--c3)',
  'var(--c4)',
  'var(--c5)',
  'var(--c6)',
  'var(--c7)',
  'var(--c8)',
];

interface Series {
  readonly name: string;
  /** One per category; null draws nothing. */
  readonly values: readonly (number | null)[];
  /** The tooltip text of each value, where the number itself is not exact enough. */
  readonly texts?: readonly (string | null)[];
  readonly stack?: string;
  readonly color?: string;
  readonly isFaint?: boolean;
}

interface Axes {
  readonly categories: readonly string[];
  readonly series: readonly Series[];
  /** The unit of the values, e.g. `TH/s`. */
  readonly unit: string;
  readonly lowest?: number;
}

function frameOf({ categories, series, unit, lowest }: Axes): EChartsOption {
  return {
    color: PALETTE,
    textStyle: { fontFamily: FONT },
    grid: { left: 8, right: 12, top: series.length > 1 ? 52 : 30, bottom: 4, containLabel: true },
    ...(series.length > 1
      ? {
          legend: {
            type: 'scroll',
            top: 0,
            left: 0,
            itemGap: 18,
            itemWidth: 12,
            itemHeight: 8,
            // Names are untrusted.
            textStyle: { ...INK, width: 150, overflow: 'truncate' },
            inactiveColor: 'var(--line)',
          },
        }
      : {}),
    tooltip: { trigger: 'axis', confine: true },
    xAxis: {
      type: 'category',
      data: [...categories],
      axisLabel: { ...INK, hideOverlap: true },
      axisLine: LINE,
      axisTick: { show: false },
    },
    yAxis: {
      type: 'value',
      name: unit,
      nameTextStyle: { ...INK, align: 'left' },
      nameGap: 10,
      axisLabel: INK,
      splitLine: LINE,
      ...(lowest === undefined ? {} : { min: lowest, scale: true }),
    },
  };
}

function dataOf({ values, texts }: Series) {
  return values.map((value, index) => {
    const text = texts?.[index];
    return text === null || text === undefined ? (value ?? '-') : { value: value ?? '-', name: text };
  });
}

export function createBarOption(axes: Axes): EChartsOption {
  return {
    ...frameOf(axes),
    series: axes.series.map((series) => ({
      type: 'bar' as const,
      name: series.name,
      data: dataOf(series),
      barMaxWidth: 28,
      ...(series.stack === undefined ? {} : { stack: series.stack }),
      itemStyle: {
        borderRadius: 1,
        ...(series.color === undefined ? {} : { color: series.color }),
        ...(series.isFaint === true ? { opacity: 0.45 } : {}),
      },
      emphasis: { disabled: true },
    })),
  };
}

export function createLineOption(axes: Axes & { readonly isArea?: boolean }): EChartsOption {
  return {
    ...frameOf(axes),
    series: axes.series.map((series) => ({
      type: 'line' as const,
      name: series.name,
      data: dataOf(series),
      showSymbol: axes.categories.length < 3,
      symbolSize: 4,
      lineStyle: { width: 1.75, ...(series.isFaint === true ? { type: 'dashed' as const } : {}) },
      ...(series.stack === undefined ? {} : { stack: series.stack }),
      ...(axes.isArea === true ? { areaStyle: { opacity: 0.14 } } : {}),
      ...(series.color === undefined
        ? {}
        : { itemStyle: { color: series.color }, lineStyle: { width: 1.75, color: series.color } }),
      emphasis: { disabled: true },
    })),
  };
}

/** A line without axes, shown beside a figure. */
export function createSparkOption(values: readonly (number | null)[], color = 'var(--c1)'): EChartsOption {
  return {
    grid: { left: 1, right: 1, top: 3, bottom: 2 },
    xAxis: {
      type: 'category',
      show: false,
      boundaryGap: false,
      data: values.map((_value, index) => String(index)),
    },
    yAxis: { type: 'value', show: false, min: 0 },
    series: [
      {
        type: 'line',
        data: values.map((value) => value ?? '-'),
        showSymbol: false,
        silent: true,
        lineStyle: { width: 1.5, color },
        areaStyle: { color, opacity: 0.12 },
      },
    ],
  };
}

export interface HeatCell {
  readonly column: number;
  readonly row: number;
  /** Index into the scale's pieces. */
  readonly piece: number;
  readonly text: string;
}

export interface HeatPiece {
  readonly label: string;
  readonly color: string;
}

export function createHeatOption(
  columns: readonly string[],
  rows: readonly string[],
  cells: readonly HeatCell[],
  pieces: readonly HeatPiece[],
): EChartsOption {
  return {
    textStyle: { fontFamily: FONT },
    grid: { left: 8, right: 8, top: 30, bottom: 4, containLabel: true },
    tooltip: { trigger: 'item', confine: true },
    xAxis: {
      type: 'category',
      data: [...columns],
      axisLabel: { ...INK, hideOverlap: true },
      axisLine: LINE,
      axisTick: { show: false },
    },
    yAxis: {
      type: 'category',
      data: [...rows],
      inverse: true,
      axisLabel: { ...INK, width: 220, overflow: 'truncate' },
      axisLine: { show: false },
      axisTick: { show: false },
    },
    visualMap: {
      type: 'piecewise',
      show: true,
      orient: 'horizontal',
      top: 0,
      left: 0,
      itemGap: 18,
      itemWidth: 12,
      itemHeight: 12,
      textStyle: INK,
      selectedMode: false,
      pieces: pieces.map(({ label, color }, value) => ({ value, label, color })),
    },
    series: [
      {
        type: 'heatmap',
        data: cells.map(({ column, row, piece, text }) => ({ value: [column, row, piece], name: text })),
        itemStyle: { borderColor: 'var(--panel)', borderWidth: 2, borderRadius: 3 },
      },
    ],
  };
}

/** Rates in the unit that suits the largest, rounded to what a chart can show. */
export function inOneUnit(rates: readonly (number | null)[]): {
  readonly unit: string;
  readonly scale: (hps: number | null) => number | null;
} {
  const { unit, size } = unitOf(rates.reduce<number>((most, rate) => Math.max(most, rate ?? 0), 0));
  return { unit, scale: (hps) => (hps === null ? null : Math.round((hps / size) * 1_000) / 1_000) };
}
