import type { Explanation } from '../../report/explain/explanation';
import { Amount, Name, Panel, Table, type Moment } from './components';
import { showInstant } from './format';

interface Props {
  readonly row: Explanation;
  readonly moment: Moment;
}

/** One ledger row: the same as `kpool explain`. */
export function RowPage({ row, moment }: Props) {
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
      <States row={row} moment={moment} />
      <Certificates row={row} moment={moment} />
      <Closes row={row} moment={moment} />
      <Exports row={row} moment={moment} />
      <p class="note">
        Row id <code>{row.rowId}</code>
      </p>
    </>
  );
}

function States({ row, moment }: Props) {
  const columns = [
    'change',
    { heading: 'amount', isNumber: true },
    'status',
    'known from',
    'to',
    { heading: 'settled at', isExtra: true },
  ];
  return (
    <Panel
      title="States"
      id="states"
      note="What the pool served, and when it was known. The last line is the current state."
    >
      <Table
        label="States"
        columns={columns}
        rows={row.states.map(({ change, amount, status, from, to, settledAt }) => [
          change.replaceAll('_', ' '),
          exactly(amount, { row, moment }),
          status,
          showAt(from, moment),
          to === null ? 'now' : showAt(to, moment),
          settledAt === null ? '–' : showAt(settledAt, moment),
        ])}
        empty="Nothing."
      />
    </Panel>
  );
}

function Certificates({ row, moment }: Props) {
  const columns = [
    'read at',
    'last read so',
    { heading: 'rows', isNumber: true },
    'run',
    { heading: 'content hash', isExtra: true },
  ];
  return (
    <Panel
      title="Certificates"
      id="certificates"
      note="Complete reads of its window: the first and the latest stored."
    >
      <Table
        label="Certificates"
        columns={columns}
        rows={row.certificates.map(({ observedAt, verifiedAt, rowsServed, run, contentHash }) => [
          showAt(observedAt, moment),
          verifiedAt === null ? '–' : showAt(verifiedAt, moment),
          rowsServed,
          run ?? '–',
          <code>{contentHash.slice(0, 16)}</code>,
        ])}
        empty="None stored."
      />
    </Panel>
  );
}

function Closes({ row, moment }: Props) {
  const columns = ['month', 'action', 'as of', { heading: 'amount then', isNumber: true }];
  return (
    <Panel title="Closes of its month" id="closes">
      <Table
        label="Closes"
        columns={columns}
        rows={row.closes.map(({ month, action, instant, amount }) => [
          month,
          action,
          showAt(instant, moment),
          amount === null ? 'unknown' : exactly(amount, { row, moment }),
        ])}
        empty="None."
      />
    </Panel>
  );
}

function Exports({ row, moment }: Props) {
  const columns = [
    'file',
    { heading: 'basis', isExtra: true },
    'as of',
    { heading: 'amount', isNumber: true },
    { heading: 'SHA-256', isExtra: true },
  ];
  return (
    <Panel title="Exports that contain it" id="exports">
      <Table
        label="Exports"
        columns={columns}
        rows={row.exports.map(({ file, basis, asOf, amount, sha256 }) => [
          <Name>{file}</Name>,
          basis,
          showAt(asOf, moment),
          amount === null ? 'gone' : exactly(amount, { row, moment }),
          <code>{sha256.slice(0, 16)}</code>,
        ])}
        empty="None."
      />
    </Panel>
  );
}

const showAt = (instant: string, { zone }: Moment): string => showInstant(new Date(instant), zone);

function exactly(amount: string, { row, moment }: Props) {
  return <Amount value={amount} moment={{ ...moment, isExact: true }} unit={row.currency} />;
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
