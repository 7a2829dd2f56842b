import { init, type EChartsOption } from 'echarts';

/** A chart: drawn by the server as SVG, and again by the browser from the same options, which contain only data. */
export interface Chart {
  readonly option: EChartsOption;
  /** The accessible label. */
  readonly label: string;
  readonly height: number;
}

/** echarts' hover styles; the pages' style sheet has what is needed of them. */
const STYLE_ELEMENT = /<style[\s\S]*?<\/style>/g;
const MARKS = / (?:ecmeta_[a-z_]+|class)="[^"]*"/g;

/** A chart as SVG text; the same options give the same text. */
export function renderSvg(option: EChartsOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ ...option, animation: false });
    return chart.renderToSVGString().replace(STYLE_ELEMENT, '').replace(MARKS, '');
  } finally {
    // An undisposed chart would keep the process alive.
    chart.dispose();
  }
}
