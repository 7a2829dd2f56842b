import type { MachineData } from '../../report/page/page-data';
import type { MachineDay, MachineHour } from '../../report/page/machine';
import { createBarOption, inOneUnit, createLineOption } from '../charts/options';
import type { Chart } from '../charts/render';
import { Drawing, Figures, Name, Panel, Pill, When, type Moment } from './components';
import { Reasons } from './fleet/reasons';
import { showHashrate, showInstant, showPercent, showRejects } from './format';

export function MachinePage({
  data: { machine, hours, days },
  moment,
}: {
  data: MachineData;
  moment: Moment;
}) {
  const isActive = machine.status === 'ACTIVE' && machine.removedAt === null;
  return (
    <>
      <p class="crumbs">
        <a href="/fleet">Fleet</a> › <Name>{machine.subAccount}</Name>
      </p>
      <h1>
        <Name>{machine.name === '' ? machine.workerId : machine.name}</Name>{' '}
        <Pill tone={isActive ? 'good' : 'bad'}>
          {machine.removedAt === null ? (machine.status ?? 'unknown') : 'no longer listed'}
        </Pill>{' '}
        {machine.reasons === null ? null : <Reasons reasons={machine.reasons} />}
      </h1>
      <dl class="facts panel">
        <Fact name="now">{showHashrate(machine.realHps)}</Fact>
        <Fact name="last hour">{showHashrate(machine.hourHps)}</Fact>
        <Fact name="last day">{showHashrate(machine.dayHps)}</Fact>
        <Fact name="usually">{showHashrate(machine.usualHps)}</Fact>
        <Fact name="uptime, 7 days">{showPercent(machine.uptime)}</Fact>
        <Fact name="rejects">{showRejects(machine.rejectRate)}</Fact>
        <Fact name="last share">
          <When at={machine.lastShareAt} moment={moment} />
        </Fact>
        <Fact name="first listed">
          <When at={machine.firstSeenAt} moment={moment} />
        </Fact>
        <Fact name="algorithm">{machine.algo}</Fact>
        <Fact name="worker id">{machine.workerId}</Fact>
      </dl>
      <Hours hours={hours} moment={moment} />
      <Days days={days} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: preact.ComponentChildren }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{children}</dd>
    </div>
  );
}

/** The hashrate of each hour. */
function createHoursChart(hours: readonly MachineHour[], moment: Moment): Chart {
  const { unit, scale } = inOneUnit(hours.map(({ hps }) => hps));
  return {
    label: `Line: hashrate by hour over the last 7 days, in ${unit}. The figures follow.`,
    height: 220,
    option: createLineOption({
      categories: hours.map(({ at }) => showInstant(at, moment.zone).slice(5, 16)),
      unit,
      lowest: 0,
      isArea: true,
      series: [
        {
          name: 'hashrate',
          values: hours.map(({ hps }) => scale(hps) ?? 0),
          texts: hours.map(({ hps }) => showHashrate(hps)),
          color: 'var(--c2)',
        },
      ],
    }),
  };
}

function Hours({ hours, moment }: { hours: readonly MachineHour[]; moment: Moment }) {
  const empty = 'No snapshot in the last seven days.';
  return (
    <Panel title="The last seven days, by hour" id="hours">
      {hours.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        <Drawing chart={createHoursChart(hours, moment)} id="chart-hours" />
      )}
      <Figures
        id="figures-hours"
        label="By hour"
        columns={[
          'hour',
          { heading: 'hashrate while active', isNumber: true },
          { heading: 'active', isNumber: true },
        ]}
        rows={[...hours]
          .reverse()
          .map(({ at, hps, uptime }) => [
            showInstant(at, moment.zone).slice(0, 16),
            showHashrate(hps),
            showPercent(uptime, 0),
          ])}
        empty={empty}
      />
    </Panel>
  );
}

const nameOfDay = ({ day }: MachineDay): string => day.slice(5);

/** Mean, lowest and highest hashrate of each day. */
function createRatesChart(days: readonly MachineDay[]): Chart {
  const { unit, scale } = inOneUnit(days.map(({ highestHps }) => highestHps));
  return {
    label: `Lines: mean, lowest and highest hashrate by day, in ${unit}. The figures follow.`,
    height: 220,
    option: createLineOption({
      categories: days.map(nameOfDay),
      unit,
      lowest: 0,
      series: [
        {
          name: 'mean',
          values: days.map(({ hps }) => scale(hps)),
          texts: days.map(({ hps }) => showHashrate(hps)),
          color: 'var(--c2)',
        },
        { name: 'lowest', values: days.map(({ lowestHps }) => scale(lowestHps)), isFaint: true },
        { name: 'highest', values: days.map(({ highestHps }) => scale(highestHps)), isFaint: true },
      ],
    }),
  };
}

function createUptimeChart(days: readonly MachineDay[]): Chart {
  return {
    label: 'Bars: share of each day in which it was active, in percent. The figures follow.',
    height: 140,
    option: createBarOption({
      categories: days.map(nameOfDay),
      unit: '% active',
      series: [
        {
          name: 'active',
          values: days.map(({ uptime }) => (uptime === null ? null : Math.round(uptime * 1_000) / 10)),
          texts: days.map(({ uptime }) => showPercent(uptime)),
          color: 'var(--good)',
        },
      ],
    }),
  };
}

function Days({ days }: { days: readonly MachineDay[] }) {
  const empty = 'No complete day yet.';
  return (
    <Panel title="The last 90 days (UTC)" id="days">
      {days.length === 0 ? (
        <p class="empty">{empty}</p>
      ) : (
        <>
          <Drawing chart={createRatesChart(days)} id="chart-days" />
          <Drawing chart={createUptimeChart(days)} id="chart-uptime" />
        </>
      )}
      <Figures
        id="figures-days"
        label="By day"
        columns={[
          'day (UTC)',
          { heading: 'mean', isNumber: true },
          { heading: 'lowest', isNumber: true },
          { heading: 'highest', isNumber: true },
          { heading: 'active', isNumber: true },
          { heading: 'rejects', isNumber: true },
        ]}
        rows={[...days]
          .reverse()
          .map((day) => [
            day.day,
            showHashrate(day.hps),
            showHashrate(day.lowestHps),
            showHashrate(day.highestHps),
            showPercent(day.uptime),
            showRejects(day.rejectRate),
          ])}
        empty={empty}
      />
    </Panel>
  );
}
