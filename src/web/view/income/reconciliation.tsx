import type { ReconciliationRow } from '../../../report/reconciliation/reconciliation';
import { Amount, Name, Panel, Pill, Table, When, type Moment, type Tone } from '../components';

const MOST_VERDICTS = 40;
const VERDICT_TONES: Readonly<Record<ReconciliationRow['verdict'], Tone>> = {
  matches: 'good',
  "matches to the pool's digits": 'good',
  differs: 'bad',
  'not comparable': 'calm',
};

export function Reconciliation({ rows, moment }: { rows: readonly ReconciliationRow[]; moment: Moment }) {
  return (
    <Panel
      title="Reconciliation"
      id="reconciliation"
      note="The ledger compared with the pool’s own totals, as of the moment the pool reported each."
    >
      <Table
        label="Reconciliation"
        columns={[
          'account / sub-account',
          'currency',
          'verdict',
          { heading: 'pool’s total', isNumber: true },
          { heading: 'difference', isNumber: true },
          'what the total counts',
          { heading: 'reported', isExtra: true },
        ]}
        rows={rows
          .slice(0, MOST_VERDICTS)
          .map((row) => [
            <Name>{row.subAccount ?? `${row.account} (all)`}</Name>,
            row.currency,
            <Pill tone={VERDICT_TONES[row.verdict]}>{row.verdict}</Pill>,
            row.poolTotal === null ? (
              '–'
            ) : (
              <Amount value={row.poolTotal} moment={moment} unit={row.currency} />
            ),
            row.difference === null ? (
              '–'
            ) : (
              <Amount value={row.difference} moment={moment} unit={row.currency} />
            ),
            row.definition ?? row.reason ?? '–',
            <When at={row.observedAt} moment={moment} />,
          ])}
        empty="The pool has reported no totals yet."
      />
      {rows.length > MOST_VERDICTS ? (
        <p class="note">
          … and {rows.length - MOST_VERDICTS} more: <code>kpool reconcile</code>
        </p>
      ) : null}
    </Panel>
  );
}
