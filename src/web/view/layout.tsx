import type { ComponentChildren } from 'preact';
import { renderToString } from 'preact-render-to-string';
import type { PageFilter, PageFrame, PagePeriod } from '../../report/page/filter';
import { addressOf, type PageQuery } from '../query';

export const PAGES = [
  { path: '/', title: 'Overview' },
  { path: '/income', title: 'Income' },
  { path: '/fleet', title: 'Fleet' },
  { path: '/sync', title: 'Sync' },
] as const;
export type PagePath = (typeof PAGES)[number]['path'];

export const ASSETS = '/assets';
const REFRESH_S = 15;

export interface Shell {
  readonly title: string;
  /** The current page of the navigation; null: none. */
  readonly path: PagePath | null;
  readonly query: PageQuery;
  readonly frame: PageFrame | null;
  /** The filters that apply to this page. */
  readonly filters: readonly (keyof PageFilter)[];
  /** Whether to show the logout button. */
  readonly hasSession: boolean;
  readonly body: ComponentChildren;
}

/** A complete page as HTML. Scripts are optional: they refresh it and make charts interactive. */
export function renderPage({ title, path, query, frame, filters, hasSession, body }: Shell): string {
  const html = renderToString(
    <html lang="en">
      <Head title={title} />
      <body data-refresh={String(REFRESH_S)}>
        <a class="skip" href="#main">
          Skip to content
        </a>
        <header class="top">
          <Navigation path={path} query={query} />
          <span class="live" id="live" role="status" />
          {hasSession ? (
            <form method="post" action="/logout" class="logout">
              <button type="submit">Log out</button>
            </form>
          ) : null}
        </header>
        <main id="main">
          {frame === null || filters.length === 0 ? null : (
            <Filters query={query} frame={frame} filters={filters} path={path ?? '/'} />
          )}
          {body}
          {frame === null ? null : <Footer frame={frame} />}
        </main>
      </body>
    </html>,
  );
  return `<!doctype html>\n${html}\n`;
}

function Head({ title }: Pick<Shell, 'title'>) {
  return (
    <head>
      <meta charSet="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>{`${title} · kpool`}</title>
      <link rel="stylesheet" href={`${ASSETS}/page.css`} />
      <link rel="icon" href={`${ASSETS}/icon.svg`} type="image/svg+xml" />
      <script src={`${ASSETS}/idiomorph.js`} defer />
      <script src={`${ASSETS}/echarts.js`} defer />
      <script type="module" src={`${ASSETS}/page.js`} />
      <noscript>
        <meta http-equiv="refresh" content={String(4 * REFRESH_S)} />
      </noscript>
    </head>
  );
}

function Navigation({ path, query }: Pick<Shell, 'path' | 'query'>) {
  return (
    <>
      <a class="brand" href={addressOf('/', query)}>
        <span aria-hidden="true" class="mark" /> kpool
      </a>
      <nav aria-label="Pages">
        {PAGES.map((page) => (
          <a
            href={addressOf(page.path, query)}
            {...(page.path === path ? { 'aria-current': 'page' as const } : {})}
          >
            {page.title}
          </a>
        ))}
      </nav>
    </>
  );
}

function Footer({ frame: { now, zone } }: { frame: PageFrame }) {
  const instant = now.toISOString();
  return (
    <footer>
      <p>
        As of <time dateTime={instant}>{instant.slice(0, 19).replace('T', ' ')} UTC</time>. Days and months
        are in {zone}, days of machines in UTC. The figures are also available as JSON:{' '}
        <a href="/api/v1">/api/v1</a>.
      </p>
    </footer>
  );
}

const PERIOD_NAMES: Readonly<Record<PagePeriod, string>> = {
  '7d': '7 days',
  '30d': '30 days',
  '90d': '90 days',
  '1y': '1 year',
  all: 'all',
};

/** A filter with a list of values; hidden if there is nothing to choose. */
interface ListFilter {
  readonly name: keyof PageFilter;
  readonly label: string;
  /** Has no empty choice. */
  readonly isNeeded: boolean;
  readonly choicesOf: (frame: PageFrame) => readonly (readonly [value: string, text: string])[];
}

const CHOICES: readonly ListFilter[] = [
  {
    name: 'account',
    label: 'Account',
    isNeeded: false,
    choicesOf: ({ accounts }) => accounts.map((name) => [name, name]),
  },
  {
    name: 'puid',
    label: 'Sub-account',
    isNeeded: false,
    choicesOf: ({ subAccounts }) => subAccounts.map(({ puid, name }) => [puid, name]),
  },
  {
    name: 'algo',
    label: 'Algorithm',
    isNeeded: false,
    choicesOf: ({ algos }) => algos.map((name) => [name, name]),
  },
  {
    name: 'currency',
    label: 'Currency',
    isNeeded: false,
    choicesOf: ({ currencies }) => currencies.map((name) => [name, name]),
  },
  { name: 'period', label: 'Period', isNeeded: true, choicesOf: () => Object.entries(PERIOD_NAMES) },
  {
    name: 'by',
    label: 'By',
    isNeeded: true,
    choicesOf: () => [
      ['day', 'day'],
      ['month', 'month'],
    ],
  },
];

interface FilterProps {
  readonly query: PageQuery;
  readonly frame: PageFrame;
  readonly filters: readonly (keyof PageFilter)[];
  readonly path: PagePath;
}

/** The filters, a form whose fields end up in the address, so that a view can be shared. */
function Filters({ query: { filter, isExact }, frame, filters, path }: FilterProps) {
  return (
    <form class="filters" method="get" action={path} aria-label="Filters" data-filters>
      {CHOICES.filter(({ name }) => filters.includes(name)).map(({ name, label, isNeeded, choicesOf }) => {
        const choices = choicesOf(frame);
        if (choices.length < 2) return null;
        const chosen = name === 'by' ? frame.by : filter[name];
        return <Choice name={name} label={label} chosen={chosen} choices={choices} isNeeded={isNeeded} />;
      })}
      {filters.includes('from') ? (
        <details class="more" open={filter.from !== null || filter.to !== null || filter.zone !== null}>
          <summary>Dates and time zone</summary>
          <div>
            <label>
              From <input type="date" name="from" value={filter.from ?? ''} />
            </label>
            <label>
              To <input type="date" name="to" value={filter.to ?? ''} />
            </label>
            <label>
              Time zone{' '}
              <input type="text" name="zone" value={filter.zone ?? ''} placeholder={frame.reportZone} />
            </label>
          </div>
        </details>
      ) : null}
      {isExact ? <input type="hidden" name="exact" value="1" /> : null}
      <button type="submit">Show</button>
      <a class="reset" href={path}>
        Reset
      </a>
    </form>
  );
}

function Choice(props: {
  name: string;
  label: string;
  chosen: string | null;
  choices: readonly (readonly [string, string])[];
  isNeeded?: boolean;
}) {
  const { name, label, chosen, choices, isNeeded = false } = props;
  return (
    <label>
      {label}
      <select name={name}>
        {isNeeded ? null : <option value="">all</option>}
        {choices.map(([value, text]) => (
          <option value={value} selected={value === chosen}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
