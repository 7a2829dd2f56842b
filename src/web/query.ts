import { z } from 'zod';
import { PERIODS, type PageFilter } from '../report/page/filter';
import { isTimeZone } from './view/format';

/** An empty form field counts as absent. */
const optional = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (value === '' ? undefined : value), schema.nullish());
const word = z.string().max(250);

/** The query parameters of all pages and of the API. */
export const FILTER_QUERY = z.object({
  account: optional(word).describe('Account name'),
  puid: optional(z.string().regex(/^\d{1,18}$/, 'must be the id of a sub-account, in digits')).describe(
    'Sub-account id',
  ),
  algo: optional(word).describe('Algorithm, e.g. SHA256d'),
  currency: optional(word).describe('Currency, e.g. BTC'),
  period: z
    .enum(Object.keys(PERIODS) as (keyof typeof PERIODS)[])
    .default('30d')
    .describe('Period that ends on the last day'),
  from: optional(z.iso.date()).describe('First day; overrides the period'),
  to: optional(z.iso.date()).describe('Last day, inclusive; default: today'),
  by: optional(z.enum(['day', 'month'])).describe('Group by day or by month'),
  zone: optional(word.refine(isTimeZone, 'must be a time zone, e.g. Europe/Berlin')).describe(
    'Time zone of days; default: that of the reports',
  ),
  exact: optional(z.enum(['0', '1'])).describe(
    '1: show every digit of amounts (pages only; the API always does)',
  ),
  find: optional(word).describe('Show only jobs that contain this text (Sync page)'),
});

export interface PageQuery {
  readonly filter: PageFilter;
  readonly isExact: boolean;
  readonly find: string | null;
}

export const NO_QUERY: PageQuery = {
  filter: {
    account: null,
    puid: null,
    algo: null,
    currency: null,
    period: '30d',
    from: null,
    to: null,
    by: null,
    zone: null,
  },
  isExact: false,
  find: null,
};

export function queryOf(parsed: z.infer<typeof FILTER_QUERY>): PageQuery {
  const { exact, find, period, ...rest } = parsed;
  const filter: PageFilter = {
    account: rest.account ?? null,
    puid: rest.puid ?? null,
    algo: rest.algo ?? null,
    currency: rest.currency ?? null,
    period,
    from: rest.from ?? null,
    to: rest.to ?? null,
    by: rest.by ?? null,
    zone: rest.zone ?? null,
  };
  return { filter, isExact: exact === '1', find: find ?? null };
}

/** The address of a page with the current filters, overridden by `change`. */
export function addressOf(
  path: string,
  { filter, isExact }: PageQuery,
  change: Partial<PageFilter & { readonly exact: '1' | null }> = {},
): string {
  const chosen = { ...filter, exact: isExact ? '1' : null, ...change };
  const words = Object.entries(chosen).filter(
    (entry): entry is [string, string] => entry[1] !== null && !(entry[0] === 'period' && entry[1] === '30d'),
  );
  return words.length === 0 ? path : `${path}?${new URLSearchParams(words).toString()}`;
}
