import type { QuarantinedRow } from '../../../report/quarantine';
import { Command, Panel, Table, When, type Moment } from '../components';

export function Quarantine({ rows, moment }: { rows: readonly QuarantinedRow[]; moment: Moment }) {
  return (
    <Panel
      title="Quarantine"
      id="quarantine"
      note="Rows that could not be understood, kept whole until they are, or until a person accepts them."
    >
      <Table
        label="Quarantine"
        columns={[
          { heading: 'number', isNumber: true },
          { heading: 'stream' },
          { heading: 'why' },
          { heading: 'since' },
          { heading: 'more' },
        ]}
        rows={rows.map((row) => [
          String(row.number),
          row.stream,
          row.reason,
          <When at={row.firstSeenAt} moment={moment} />,
          <Command>{`kpool quarantine show ${row.number}`}</Command>,
        ])}
        empty="Nothing waits here."
      />
    </Panel>
  );
}
