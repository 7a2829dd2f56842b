// @ts-check
/**
 * Makes charts interactive and refreshes the page. Optional: the page is complete without it.
 *
 * @typedef {{ name?: string, value?: unknown }} Datum
 * @typedef {{ seriesName: string, name: string, axisValueLabel?: string, value: unknown, data: Datum | number, marker: string, color?: unknown }} Hit
 */

/** @type {typeof import('echarts')} */
const echarts = Reflect.get(window, 'echarts');
/** @type {{ morph: (node: Element, to: Element, options: object) => void }} */
const idiomorph = Reflect.get(window, 'Idiomorph');

/** @type {Map<Element, { chart: import('echarts').ECharts, option: string }>} */
const alive = new Map();

/**
 * The tooltip's content. Text nodes, never markup, because names are untrusted.
 * @param {Hit | Hit[]} hits
 */
function tipOf(hits) {
  const list = Array.isArray(hits) ? hits : [hits];
  const tip = document.createElement('div');
  tip.className = 'tip';
  const [first] = list;
  if (first?.axisValueLabel !== undefined) tip.append(element('b', first.axisValueLabel));
  for (const hit of list) {
    const exact = typeof hit.data === 'object' && hit.data.name ? hit.data.name : null;
    if (Array.isArray(hit.value)) tip.append(element('b', exact ?? ''));
    else tip.append(element('span', hit.seriesName), element('span', exact ?? String(hit.value ?? '–')));
  }
  return tip;
}

/**
 * @param {string} tag
 * @param {string} text
 */
function element(tag, text) {
  const made = document.createElement(tag);
  made.textContent = text;
  return made;
}

/** @param {Element} figure */
function activateChart(figure) {
  const text = figure.getAttribute('data-option') ?? '{}';
  const known = alive.get(figure);
  if (known !== undefined) {
    if (known.option === text) return;
    known.option = text;
    known.chart.setOption(optionOf(text), { notMerge: true });
    return;
  }
  const plot = figure.querySelector('.plot');
  if (!(plot instanceof HTMLElement)) return;
  plot.style.height = `${figure.getAttribute('data-height') ?? '220'}px`;
  // Replaces the server's drawing in the same frame, without flicker.
  plot.replaceChildren();
  const chart = echarts.init(plot, null, { renderer: 'svg' });
  chart.setOption(optionOf(text));
  alive.set(figure, { chart, option: text });
  new ResizeObserver(() => chart.resize()).observe(plot);
}

/** @param {string} text */
function optionOf(text) {
  const option = JSON.parse(text);
  const tooltip = {
    ...option.tooltip,
    formatter: tipOf,
    backgroundColor: 'var(--panel)',
    borderColor: 'var(--line)',
  };
  return { ...option, animation: false, ...(option.tooltip === undefined ? {} : { tooltip }) };
}

function activateCharts() {
  for (const [figure, { chart }] of alive) {
    if (figure.isConnected) continue;
    chart.dispose();
    alive.delete(figure);
  }
  for (const figure of document.querySelectorAll('figure.chart')) activateChart(figure);
  for (const button of document.querySelectorAll('button[data-copy]')) button.removeAttribute('hidden');
}

/** Keeps what the reader changed, such as open details, across a refresh. */
const CALLBACKS = {
  /**
   * @param {Node} from
   * @param {Node} to
   */
  beforeNodeMorphed(from, to) {
    if (!(from instanceof Element) || !(to instanceof Element)) return true;
    if (from.matches('figure.chart')) {
      from.setAttribute('data-option', to.getAttribute('data-option') ?? '{}');
      return false;
    }
    // The reader may be filling it in.
    return !from.matches('form');
  },
  /**
   * @param {string} name
   * @param {Element} node
   */
  beforeAttributeUpdated: (name, node) =>
    !(node.matches('details') && name === 'open') && !(node.matches('button') && name === 'hidden'),
};

const main = document.getElementById('main');
const live = document.getElementById('live');
const everyMs = Number(document.body.dataset['refresh'] ?? '15') * 1_000;

async function refresh() {
  if (main === null || document.visibilityState === 'hidden') return;
  try {
    const answer = await fetch(location.href, {
      headers: { accept: 'text/html' },
      signal: AbortSignal.timeout(everyMs),
    });
    if (answer.redirected) return void location.reload();
    const fresh = new DOMParser().parseFromString(await answer.text(), 'text/html').getElementById('main');
    if (fresh === null) throw new Error('no page');
    idiomorph.morph(main, fresh, { morphStyle: 'outerHTML', callbacks: CALLBACKS });
    activateCharts();
    say(answer.ok ? 'live' : 'the service reports an error', !answer.ok);
  } catch {
    say('no connection, retrying', true);
  }
}

/**
 * @param {string} text
 * @param {boolean} isLost
 */
function say(text, isLost) {
  if (live === null) return;
  if (live.textContent !== text) live.textContent = text;
  live.classList.toggle('lost', isLost);
}

function schedule() {
  setTimeout(() => void refresh().finally(schedule), everyMs);
}

document.addEventListener('click', (event) => {
  const button = event.target instanceof Element ? event.target.closest('button[data-copy]') : null;
  if (button === null) return;
  void navigator.clipboard.writeText(button.getAttribute('data-copy') ?? '').then(
    () => say('copied', false),
    () => say('copying is not permitted here', true),
  );
});

document.addEventListener('change', (event) => {
  const field = event.target;
  const form = field instanceof Element ? field.closest('form[data-filters]') : null;
  if (form instanceof HTMLFormElement && field instanceof Element && field.matches('select'))
    form.requestSubmit();
});

/** Leaves empty fields out of the address, so that it stays readable and can be shared. */
document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!(form instanceof HTMLFormElement) || !form.matches('form[data-filters]')) return;
  event.preventDefault();
  const words = new URLSearchParams(location.search);
  for (const [name, value] of new FormData(form)) {
    if (typeof value === 'string' && value !== '') words.set(name, value);
    else words.delete(name);
  }
  const address = new URL(form.action, location.href);
  location.assign(`${address.pathname}${words.size === 0 ? '' : `?${words.toString()}`}${address.hash}`);
});

document.addEventListener('visibilitychange', () => void refresh());
activateCharts();
if (main !== null && document.querySelector('.login') === null) {
  say('live', false);
  schedule();
}
