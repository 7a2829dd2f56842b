import type { Backfill } from '../../../report/page/backfill';
import type { HeatRow } from '../../../report/page/syncing';
import { heatOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { addressOf, type PageQuery } from '../../query';
import { Drawing, Figures, Name, Panel, type Moment } from '../components';
import { showCount, showDuration } from '../format';
import { heatOf, HEAT_PIECES } from '../heat';

export function Completeness(props: {
  heat: readonly HeatRow[];
  backfill: Backfill;
  moment: Moment;
  query: PageQuery;
}) {
  const { heat, backfill, moment, query } = props;
  const { months, rows } = heatOf(heat, moment.now);
  const names = heat.map(({ subAccount, algo, stream }) => `${subAccount} ${algo} ${stream}`);
  const chart: Chart = {
    label: 'Heat map: completeness of each income list by month. The figures follow.',
    height: 60 + 26 * rows.length,
    option: heatOption(
      months,
      names,
      rows.flatMap((pieces, row) =>
        pieces.map((piece, column) => ({
          column,
          row,
          piece,
          text: `${names[row] ?? ''}, ${months[column] ?? ''}: ${HEAT_PIECES[piece]?.label ?? ''}`,
        })),
      ),
      HEAT_PIECES,
    ),
  };
  return (
    <Panel
      title="Completeness"
      id="completeness"
      note={
        <>
          {backfill.complete} of {backfill.lists} income lists read to the beginning;{' '}
          {showCount(backfill.rows)} rows
          {backfill.remainingMs === null ? '' : `, about ${showDuration(backfill.remainingMs)} left`}.
          Certified means: stored completely, as counted by the pool.
        </>
      }
    >
      {rows.length === 0 ? (
        <p class="empty">No income list is known yet.</p>
      ) : (
        <Drawing chart={chart} id="chart-heat" />
      )}
      <Figures
        id="figures-heat"
        label="Completeness"
        columns={[
          { heading: 'sub-account' },
          { heading: 'algorithm' },
          { heading: 'list' },
          { heading: 'from' },
          { heading: 'to' },
          { heading: 'state' },
        ]}
        rows={heat.flatMap((row) =>
          row.spans.map((span) => [
            <a href={addressOf('/sync', query, { puid: row.puid })}>
              <Name>{row.subAccount}</Name>
            </a>,
            row.algo,
            row.stream,
            span.from ?? 'the beginning',
            span.to ?? 'now',
            span.state,
          ]),
        )}
        empty="No income list is known yet."
      />
    </Panel>
  );
}
