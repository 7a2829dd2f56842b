import type { Backfill } from '../../../report/page/backfill';
import type { HeatRow } from '../../../report/page/syncing';
import { createHeatOption } from '../../charts/options';
import type { Chart } from '../../charts/render';
import { addressOf, type PageQuery } from '../../query';
import { Drawing, Figures, Name, Panel, type Moment } from '../components';
import { showCount, showDuration } from '../format';
import { heatOf, HEAT_PIECES } from '../heat';

/** A line per list, a square per month. */
function createHeatChart(heat: readonly HeatRow[], now: Date): Chart {
  const { months, rows } = heatOf(heat, now);
  const names = heat.map(({ subAccount, algo, stream }) => `${subAccount} ${algo} ${stream}`);
  return {
    label: 'Heat map: completeness of each income list by month. The figures follow.',
    height: 60 + 26 * rows.length,
    option: createHeatOption(
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
}

export function Completeness(props: {
  heat: readonly HeatRow[];
  backfill: Backfill;
  moment: Moment;
  query: PageQuery;
}) {
  const { heat, backfill, moment, query } = props;
  const empty = 'No income list is known yet.';
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
      {heat.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        <Drawing chart={createHeatChart(heat, moment.now)} id="chart-heat" />
      )}
      <Figures
        id="figures-heat"
        label="Completeness"
        columns={['sub-account', 'algorithm', 'list', 'from', 'to', 'state']}
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
        empty={empty}
      />
    </Panel>
  );
}
