import fc from 'fast-check';
import {
  MAX_MESSAGES_PER_ROUND,
  messageOf,
  reviewAlerts,
  type Alert,
  type AlertFinding,
} from '../../../src/observability/alerts';

const NOW = Date.UTC(2026, 10, 22, 9);
const CLAIM_MS = 60_000;
const WELL: ReadonlySet<string> = new Set();

function finding(patch: Partial<AlertFinding> = {}): AlertFinding {
  return {
    alertId: 'account-stopped/1',
    kind: 'account-stopped',
    accountId: 1,
    accountName: 'main',
    holdMs: 0,
    startText: 'it is wrong',
    endText: 'it is well',
    detail: { status: 'auth_failed' },
    ...patch,
  };
}

/** A made-up webhook and table: what was told, as `start:id` and `end:id`. */
class Telling {
  alerts: readonly Alert[] = [];
  readonly told: string[] = [];

  look(
    findings: readonly AlertFinding[],
    nowMs: number,
    { isTaken = true, unjudged = [] }: { isTaken?: boolean; unjudged?: readonly string[] } = {},
  ): void {
    const { alerts, due } = reviewAlerts(this.alerts, findings, new Set(unjudged), nowMs, CLAIM_MS);
    const dueIds = new Set(due.map(({ alertId }) => alertId));
    this.alerts = alerts.flatMap((alert): Alert[] => {
      if (!dueIds.has(alert.alertId)) return [alert];
      const rest = { ...alert, claimedUntilMs: null };
      if (!isTaken) return [rest];
      this.told.push(`${alert.endedAtMs === null ? 'start' : 'end'}:${alert.alertId}`);
      return alert.endedAtMs === null ? [{ ...rest, toldAtMs: nowMs }] : [];
    });
  }
}

describe('alerts', () => {
  it('tell a start once and an end once, however often one looks', () => {
    const telling = new Telling();
    for (let round = 0; round < 5; round += 1) telling.look([finding()], NOW + round);
    for (let round = 5; round < 9; round += 1) telling.look([], NOW + round);
    expect(telling.told).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
    expect(telling.alerts).toEqual([]);
  });

  it('tell what a failing webhook did not take once it works, and nothing of what is over by then', () => {
    const telling = new Telling();
    telling.look([finding(), finding({ alertId: 'other' })], NOW, { isTaken: false });
    telling.look([finding()], NOW + 1, { isTaken: false });
    telling.look([finding()], NOW + 2);
    telling.look([], NOW + 3, { isTaken: false });
    telling.look([], NOW + 4);
    expect(telling.told).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
  });

  it('wait until a thing has been wrong for as long as it may be', () => {
    const telling = new Telling();
    const late = finding({ holdMs: 10 * 60_000 });
    telling.look([late], NOW);
    telling.look([late], NOW + 9 * 60_000);
    telling.look([], NOW + 9.5 * 60_000);
    telling.look([late], NOW + 10 * 60_000);
    telling.look([late], NOW + 19 * 60_000);
    expect(telling.told).toEqual([]);
    telling.look([late], NOW + 20 * 60_000);
    expect(telling.told).toEqual(['start:account-stopped/1']);
  });

  it('neither start nor end what cannot be judged', () => {
    const telling = new Telling();
    const unjudged = ['account-stopped/1'];
    telling.look([], NOW, { unjudged });
    expect(telling.alerts).toEqual([]);
    telling.look([finding()], NOW + 1);
    telling.look([], NOW + 2, { unjudged });
    telling.look([finding()], NOW + 3);
    telling.look([], NOW + 4);
    expect(telling.told).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
  });

  it('are left to the process that is telling them, until its claim is over', () => {
    const first = reviewAlerts([], [finding()], WELL, NOW, CLAIM_MS);
    expect(first.due).toHaveLength(1);
    const second = reviewAlerts(first.alerts, [finding()], WELL, NOW + 1_000, CLAIM_MS);
    expect(second.due).toEqual([]);
    const third = reviewAlerts(second.alerts, [finding()], WELL, NOW + CLAIM_MS, CLAIM_MS);
    expect(third.due).toHaveLength(1);
  });

  it('tell the end of what ended while its start was being told', () => {
    const telling = reviewAlerts([], [finding()], WELL, NOW, CLAIM_MS);
    const ended = reviewAlerts(telling.alerts, [], WELL, NOW + 1, CLAIM_MS);
    expect(ended.alerts).toMatchObject([{ endedAtMs: NOW + 1, toldAtMs: null }]);
    const told = ended.alerts.map((alert) => ({ ...alert, toldAtMs: NOW + 2, claimedUntilMs: null }));
    expect(reviewAlerts(told, [], WELL, NOW + 3, CLAIM_MS).due).toMatchObject([{ endedAtMs: NOW + 1 }]);
  });

  it('come in bounded numbers, the oldest first, none forgotten', () => {
    const telling = new Telling();
    const many = Array.from({ length: 50 }, (_, index) => finding({ alertId: `a${index}` }));
    telling.look(many, NOW);
    expect(telling.told).toHaveLength(MAX_MESSAGES_PER_ROUND);
    telling.look(many, NOW + 1);
    telling.look(many, NOW + 2);
    expect(new Set(telling.told).size).toBe(50);
  });

  it('alternate start and end for every subject, whatever happens', () => {
    const round = fc.record({
      wrong: fc.subarray(['a', 'b', 'c']),
      unknown: fc.subarray(['a', 'b', 'c']),
      isTaken: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 30 }), (rounds) => {
        const telling = new Telling();
        rounds.forEach(({ wrong, unknown, isTaken }, index) => {
          const findings = wrong.map((alertId) => finding({ alertId }));
          telling.look(findings, NOW + index, { isTaken, unjudged: unknown });
        });
        for (const alertId of ['a', 'b', 'c']) {
          const events = telling.told.filter((event) => event.endsWith(`:${alertId}`));
          events.forEach((event, index) =>
            expect(event.startsWith(index % 2 === 0 ? 'start' : 'end')).toBe(true),
          );
        }
      }),
    );
  });

  it('P10 say nothing that the scrubber knows', () => {
    const [alert] = reviewAlerts(
      [],
      [finding({ startText: 'the key hunter2', detail: { k: 'hunter2' } })],
      WELL,
      NOW,
      1,
    ).due;
    const message = messageOf(alert!, (text) => text.replaceAll('hunter2', '[redacted]'));
    expect(JSON.stringify(message)).not.toContain('hunter2');
    expect(message).toMatchObject({ text: 'kpool: the key [redacted]', event: 'started', until: null });
  });
});
