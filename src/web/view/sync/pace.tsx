import type { RequestsCard } from '../../../report/page/cards';
import { Panel, Spark } from '../components';
import { showCount, showPercent } from '../format';

export function Pace(props: { requests: RequestsCard; allowedPerHour: number | null }) {
  const { requests, allowedPerHour } = props;
  return (
    <Panel
      title="Request rate"
      id="pace"
      note="Requests of finished runs, out of those the rate limit allows."
    >
      <div class="pace">
        <p class="figure">
          {showCount(requests.lastHour)}{' '}
          <span class="muted">
            in the last hour
            {allowedPerHour === null
              ? ''
              : `, ${showPercent(requests.lastHour / allowedPerHour)} of ${showCount(allowedPerHour)} allowed`}
          </span>
        </p>
        <Spark values={requests.perMinute} label="Requests by minute, the last hour" color="var(--c3)" />
      </div>
    </Panel>
  );
}
