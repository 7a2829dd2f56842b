import type { IncomeOfSubAccount } from '../../../report/page/income';
import { addressOf, type PageQuery } from '../../query';
import { Amount, Name, Panel, Table, type Moment } from '../components';
import { showPercent } from '../format';

export function League(props: { league: readonly IncomeOfSubAccount[]; moment: Moment; query: PageQuery }) {
  const { league, moment, query } = props;
  return (
    <Panel title="Sub-accounts" id="league" note="Income in the period by currency, highest first.">
      <Table
        label="Income by sub-account"
        columns={[
          'currency',
          'sub-account',
          { heading: 'total', isNumber: true },
          { heading: 'pending', isNumber: true, isExtra: true },
          { heading: 'share', isNumber: true },
        ]}
        rows={league.map((row) => [
          row.currency,
          <a href={addressOf('/income', query, { puid: row.puid, currency: row.currency })}>
            <Name>{row.subAccount}</Name>
          </a>,
          <Amount value={row.total} moment={moment} unit={row.currency} />,
          <Amount value={row.pending} moment={moment} unit={row.currency} />,
          <span class="bar">
            <span class="fill" style={`width:${Math.round((row.share ?? 0) * 100)}%`} aria-hidden="true" />
            {showPercent(row.share)}
          </span>,
        ])}
        empty="No income in this period."
      />
    </Panel>
  );
}
