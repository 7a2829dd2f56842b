import type { Explanation } from '../../report/explain';
import { Amount, Name, Panel, Table, type Moment } from './components';
import { showInstant } from './format';

/** The life of one row of the ledger: what `kpool explain` says. */
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
        title="What the pool said"
        id="states"
        note="From when to when we knew it so. The last line is how it stands."
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
        title="Proof"
        id="certificates"
        note="Certificates that its time was read whole: the first and the latest that are kept."
      >
        <Table
          label="Certificates"
          columns={[
            ...[{ heading: 'read at' }, { heading: 'rows', isNumber: true }, { heading: 'by' }],
            { heading: 'content', isExtra: true },
          ]}
          rows={row.certificates.map(({ observedAt, rowsServed, run, contentHash }) => [
            ...[at(observedAt), rowsServed, run ?? '–', <code>{contentHash.slice(0, 16)}</code>],
          ])}
          empty="None is kept."
        />
      </Panel>
      <Panel title="Closes of the months that hold it" id="closes">
        <Table
          label="Closes"
          columns={[
            ...[{ heading: 'month' }, { heading: 'what' }, { heading: 'as of' }],
            { heading: 'amount then', isNumber: true },
          ]}
          rows={row.closes.map(({ month, action, instant, amount }) => [
            ...[month, action, at(instant), amountOf(amount, 'not known')],
          ])}
          empty="None: its figure follows the ledger."
        />
      </Panel>
      <Panel title="Exports that held it" id="exports">
        <Table
          label="Exports"
          columns={[
            ...[{ heading: 'file' }, { heading: 'basis', isExtra: true }, { heading: 'as of' }],
            ...[
              { heading: 'amount in it', isNumber: true },
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

/** Where a row's id is asked for. */
export function FollowRow() {
  return (
    <Panel
      title="Follow a figure"
      id="follow"
      note="What the pool said of it and when, its proof, and the closes and exports that hold it."
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
