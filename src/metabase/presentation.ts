import type { Relation, RelationColumn } from './relations';

/** How Metabase shows a column; omitted settings are left unchanged. */
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

/** Internal tables, whose data are read through a view. */
const HIDDEN = [/_revisions$/, /^fleet_(day|hour)_totals$/, /^worker_snapshots$/, /^worker_sample_blocks$/];

/** Single-column keys, by column name: the table whose key it is, which the others refer to. */
const KEYS: Readonly<Record<string, string>> = {
  puid: 'pool.sub_accounts',
  account_id: 'pool.accounts',
  row_id: 'report.income_ledger',
};

/**
 * Long tables, and views computed on each query: listing a column's values would read all of it. Metabase searches them when
 * someone types a filter value.
 */
const LONG = new RegExp(
  [
    '^(earnings|rewards|changes|daily_income|income_(ledger|valued|efficiency|overlap)|monthly_income_valued|missing_prices',
    '|(account_)?reconciliation|fleet_by_prefix|worker_(samples|hourly|daily|uptime_daily|weekly|attention|health))$',
  ].join(''),
);
/** Columns with few values that people filter by: Metabase stores a list of them, except for long tables. */
const CATEGORIES = new Set([
  'account_name',
  'sub_account',
  'pname',
  'currency',
  'algo',
  'stream',
  'type',
  'status',
  'state',
  'verdict',
  'change',
  'action',
  'site',
  'customer',
  'model',
  'account_status',
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
 * Metabase guesses from names: `income` and `amount` become dollars with two decimals, so numbers are declared plain.
 * Text companions, intervals (which charts cannot use) and H/s beside TH/s are shown only in the detail view of a row.
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
