import type { SyncData } from '../../../report/page/page-data';
import { Command, Panel, Table, When, type Moment } from '../components';

export function Quarantine({ rows, moment }: { rows: SyncData['quarantine']; moment: Moment }) {
  return (
    <Panel
      title="Quarantine"
      id="quarantine"
      note="Rows that could not be parsed, kept verbatim until they can be, or until someone accepts them."
    >
      <Table
        label="Quarantine"
        columns={[{ heading: 'number', isNumber: true }, 'stream', 'reason', 'since', 'details']}
        rows={rows.map((row) => [
          row.number,
          row.stream,
          row.reason,
          <When at={row.firstSeenAt} moment={moment} />,
          <Command>{`kpool quarantine show ${row.number}`}</Command>,
        ])}
        empty="Quarantine is empty."
      />
    </Panel>
  );
}
