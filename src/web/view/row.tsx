import type { Explanation } from '../../report/explain';
import { Amount, Name, Panel, Table, type Moment } from './components';
import { showInstant } from './format';

/** One ledger row: the same as `kpool explain`. */
export function RowPage({ row, moment }: { row: Explanation; moment: Moment }) {
  const at = (instant: string): string => showInstant(new Date(instant), moment.zone);
  const amountOf = (amount: string | null, none: string) =>
    amount === null ? (
      none
    ) : (
      <Amount value={amount} moment={{ ...moment, isExact: true }} unit={row.currency} />
    );
  const last = row.states.at(-1);
  return (
    <>
      <p class="crumbs">
        <a href="/income">Income</a> › <Name>{row.subAccount}</Name>
      </p>
      <h1>
        {last?.amount ?? ''} {row.currency} of {row.minedAt.slice(0, 10)}
      </h1>
      <p class="note">
        <Name>{`${row.account} / ${row.subAccount}`}</Name>, {row.algo},{' '}
        {row.type === null ? row.stream : `${row.stream}, ${row.type}`}. It {row.counts}.
        {row.value === null ? '' : ` Its value: ${row.value}.`}
      </p>
      <Panel
        title="States"
        id="states"
        note="What the pool served, and when it was known. The last line is the current state."
      >
        <Table
          label="States"
          columns={[
            ...[{ heading: 'change' }, { heading: 'amount', isNumber: true }, { heading: 'status' }],
            ...[{ heading: 'known from' }, { heading: 'to' }, { heading: 'settled at', isExtra: true }],
          ]}
          rows={row.states.map(({ change, amount, status, from, to, settledAt }) => [
            ...[change.replaceAll('_', ' '), amountOf(amount, ''), status],
            ...[at(from), to === null ? 'now' : at(to), settledAt === null ? '–' : at(settledAt)],
          ])}
          empty="Nothing."
        />
      </Panel>
      <Panel
        title="Certificates"
        id="certificates"
        note="Complete reads of its window: the first and the latest stored."
      >
        <Table
          label="Certificates"
          columns={[
            ...[{ heading: 'read at' }, { heading: 'rows', isNumber: true }, { heading: 'run' }],
            { heading: 'content hash', isExtra: true },
          ]}
          rows={row.certificates.map(({ observedAt, rowsServed, run, contentHash }) => [
            ...[at(observedAt), rowsServed, run ?? '–', <code>{contentHash.slice(0, 16)}</code>],
          ])}
          empty="None stored."
        />
      </Panel>
      <Panel title="Closes of its month" id="closes">
        <Table
          label="Closes"
          columns={[
            ...[{ heading: 'month' }, { heading: 'action' }, { heading: 'as of' }],
            { heading: 'amount then', isNumber: true },
          ]}
          rows={row.closes.map(({ month, action, instant, amount }) => [
            ...[month, action, at(instant), amountOf(amount, 'unknown')],
          ])}
          empty="None."
        />
      </Panel>
      <Panel title="Exports that contain it" id="exports">
        <Table
          label="Exports"
          columns={[
            ...[{ heading: 'file' }, { heading: 'basis', isExtra: true }, { heading: 'as of' }],
            ...[
              { heading: 'amount', isNumber: true },
              { heading: 'SHA-256', isExtra: true },
            ],
          ]}
          rows={row.exports.map(({ file, basis, asOf, amount, sha256 }) => [
            ...[<Name>{file}</Name>, basis, at(asOf)],
            ...[amountOf(amount, 'gone'), <code>{sha256.slice(0, 16)}</code>],
          ])}
          empty="None."
        />
      </Panel>
      <p class="note">
        Row id <code>{row.rowId}</code>
      </p>
    </>
  );
}

/** The form for a row id. */
export function FollowRow() {
  return (
    <Panel
      title="Trace a figure"
      id="follow"
      note="What the pool served and when, its certificates, and the closes and exports that contain it."
    >
      <form action="/income/rows" method="get" class="follow">
        <label>
          Row id, from a statement or report.income_ledger{' '}
          <input name="id" required pattern="\s*[0-9a-fA-F]{32}\s*" size={34} />
        </label>{' '}
        <button type="submit">Show</button>
      </form>
    </Panel>
  );
}
