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
    label: 'Heat map: what is proven of each list of income, month by month. The figures follow.',
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
          {backfill.complete} of {backfill.lists} lists of income read to their beginning;{' '}
          {showCount(backfill.rows)} rows
          {backfill.remainingMs === null ? '' : `, about ${showDuration(backfill.remainingMs)} to the end`}.
          Certified: the rows here are the rows that the pool counts.
        </>
      }
    >
      {rows.length === 0 ? (
        <p class="empty">No list of income is known yet.</p>
      ) : (
        <Drawing chart={chart} id="chart-heat" />
      )}
      <Figures
        id="figures-heat"
        label="What is proven"
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
        empty="No list of income is known yet."
      />
    </Panel>
  );
}
