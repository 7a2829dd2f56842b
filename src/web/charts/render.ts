import { init, type EChartsOption } from 'echarts';

/** A chart as the server draws it and the browser brings to life: the same option, and nothing in it but data. */
export interface Chart {
  readonly option: EChartsOption;
  /** What it shows, for those who cannot see it. */
  readonly label: string;
  readonly height: number;
}

/** Made for hover in browsers; the pages' own style sheet has what is needed of it. */
const STYLE_ELEMENT = /<style[\s\S]*?<\/style>/g;
const MARKS = / (?:ecmeta_[a-z_]+|class)="[^"]*"/g;

/** A chart as SVG text, the same for the same option. */
export function renderSvg(option: EChartsOption, width: number, height: number): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ ...option, animation: false });
    return chart.renderToSVGString().replace(STYLE_ELEMENT, '').replace(MARKS, '');
  } finally {
    // One that is kept keeps the process alive.
    chart.dispose();
  }
}
