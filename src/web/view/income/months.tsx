import type { ClosedMonth } from '../../../report/page/income';
import { Command, Panel, Pill, Table, type Moment, type Tone } from '../components';
import { showInstant } from '../format';

const MONTH_TONES: Readonly<Record<ClosedMonth['state'], Tone>> = {
  closed: 'good',
  reopened: 'warn',
  open: 'calm',
  running: 'busy',
};

export function Months({ months, moment }: { months: readonly ClosedMonth[]; moment: Moment }) {
  return (
    <Panel
      title="Months"
      id="months"
      note="A closed month is reported as of its close; later changes are adjustments."
    >
      <Table
        label="Months"
        columns={['month', 'state', { heading: 'closed as of', isExtra: true }, 'statement', 'close']}
        rows={months.map(({ month, state, at }) => [
          month,
          <Pill tone={MONTH_TONES[state]}>{state}</Pill>,
          at === null ? '–' : showInstant(at, moment.zone),
          <a href={`/statements/${month}.csv`} download aria-label={`Statement of ${month} as CSV`}>
            CSV
          </a>,
          state === 'open' || state === 'reopened' ? <Command>{`kpool close ${month}`}</Command> : '',
        ])}
        empty="No month has income yet."
      />
    </Panel>
  );
}
