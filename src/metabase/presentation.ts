import type { Relation, RelationColumn } from './relations';

/** How Metabase shows a column; what is left out stays as Metabase has it. */
export interface FieldPresentation {
  readonly description?: string;
  readonly semantic_type?: string | null;
  /** `schema.table.column` that it refers to. */
  readonly refersTo?: string;
  readonly visibility_type?: 'normal' | 'details-only';
  readonly has_field_values?: 'none' | 'list' | 'search';
  readonly settings?: Readonly<Record<string, unknown>>;
}

/** How Metabase shows a table. */
export interface TablePresentation {
  readonly description: string | null;
  readonly visibility_type: 'hidden' | null;
}

/** Machinery: what it holds is read through a view. */
const HIDDEN = [/_revisions$/, /^fleet_(day|hour)_totals$/, /^worker_snapshots$/, /^worker_sample_blocks$/];

/** Keys of one column, by the column's name: where it is the key itself, and what the others refer to. */
const KEYS: Readonly<Record<string, string>> = {
  puid: 'pool.sub_accounts',
  account_id: 'pool.accounts',
  row_id: 'report.income_ledger',
};

/**
 * A row an item, a change, or a machine and day, or figures that are computed anew: to list the values of a column is to read
 * all of it. Metabase searches them when somebody types a filter.
 */
const LONG = new RegExp(
  [
    '^(earnings|rewards|changes|daily_income|income_(ledger|valued|efficiency|overlap)|monthly_income_valued|missing_prices',
    '|(account_)?reconciliation|fleet_by_prefix|worker_(samples|hourly|daily|uptime_daily|weekly|attention|health))$',
  ].join(''),
);
/** Few values, which people filter by: Metabase keeps a list of them, but for long tables. */
const CATEGORIES = new Set([
  ...['account_name', 'sub_account', 'pname', 'currency', 'algo', 'stream', 'type', 'status', 'state'],
  ...['verdict', 'change', 'action', 'site', 'customer', 'model', 'account_status'],
]);
const SHARES = new Set(['uptime', 'share_of_baseline']);
const PLAIN_DECIMAL = { number_style: 'decimal' };
const PERCENT = { number_style: 'percent' };
const EXACT_DIGITS = { ...PLAIN_DECIMAL, decimals: 8 };
const IS_NUMBER = /^(numeric|bigint|integer|smallint)$/;

export function presentTable({ name, comment }: Relation): TablePresentation {
  return {
    description: comment,
    visibility_type: HIDDEN.some((pattern) => pattern.test(name)) ? 'hidden' : null,
  };
}

/**
 * Metabase guesses from names: `income` and `amount` become dollars, two decimals. Numbers are said to be plain ones;
 * their twins as text, intervals that no chart takes, and H/s beside TH/s are shown with a single row only.
 */
export function presentField(relation: Relation, column: RelationColumn): FieldPresentation {
  const description = column.comment === null || column.comment === '' ? {} : { description: column.comment };
  return { ...description, ...shownAs(relation, column) };
}

function shownAs({ schema, name }: Relation, column: RelationColumn): FieldPresentation {
  const home = KEYS[column.name];
  if (home !== undefined) {
    return home === `${schema}.${name}`
      ? { semantic_type: 'type/PK', has_field_values: 'none' }
      : { semantic_type: 'type/FK', refersTo: `${home}.${column.name}`, has_field_values: 'none' };
  }
  if (column.name.endsWith('_text') || column.type === 'interval' || column.name.endsWith('_hps'))
    return { visibility_type: 'details-only', semantic_type: null, has_field_values: 'none' };
  if (CATEGORIES.has(column.name))
    return { semantic_type: 'type/Category', has_field_values: LONG.test(name) ? 'search' : 'list' };
  if (column.name === 'worker_name') return { semantic_type: 'type/Name', has_field_values: 'search' };
  if (SHARES.has(column.name))
    return { semantic_type: 'type/Share', has_field_values: 'none', settings: PERCENT };
  if (IS_NUMBER.test(column.type)) {
    const isRate = column.name.endsWith('_ths') || column.name.endsWith('_rate');
    const settings = column.type === 'numeric' && !isRate ? EXACT_DIGITS : PLAIN_DECIMAL;
    return { semantic_type: null, has_field_values: 'none', settings };
  }
  return column.type === 'text' ? { has_field_values: 'none' } : {};
}
