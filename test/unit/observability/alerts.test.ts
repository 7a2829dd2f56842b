import fc from 'fast-check';
import { findingsOf, type AlertFacts, type StreamFacts } from '../../../src/observability/alert-rules';
import {
  MAX_MESSAGES_PER_ROUND,
  messageOf,
  reviewAlerts,
  type Alert,
  type AlertFinding,
} from '../../../src/observability/alerts';

const HOUR_MS = 3_600_000;
const NOW = Date.UTC(2026, 10, 22, 9);
const CLAIM_MS = 60_000;

function finding(patch: Partial<AlertFinding> = {}): AlertFinding {
  return {
    alertId: 'account-stopped/1',
    kind: 'account-stopped',
    accountId: 1,
    accountName: 'main',
    verdict: 'wrong',
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

  look(findings: readonly AlertFinding[], nowMs: number, isTaken = true): void {
    const { alerts, due } = reviewAlerts(this.alerts, findings, nowMs, CLAIM_MS);
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
    telling.look([finding(), finding({ alertId: 'other' })], NOW, false);
    telling.look([finding()], NOW + 1, false);
    telling.look([finding()], NOW + 2);
    telling.look([], NOW + 3, false);
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
    const unknown = finding({ verdict: 'unknown' });
    telling.look([unknown], NOW);
    expect(telling.alerts).toEqual([]);
    telling.look([finding()], NOW + 1);
    telling.look([unknown], NOW + 2);
    telling.look([finding()], NOW + 3);
    telling.look([], NOW + 4);
    expect(telling.told).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
  });

  it('are left to the process that is telling them, until its claim is over', () => {
    const first = reviewAlerts([], [finding()], NOW, CLAIM_MS);
    expect(first.due).toHaveLength(1);
    const second = reviewAlerts(first.alerts, [finding()], NOW + 1_000, CLAIM_MS);
    expect(second.due).toEqual([]);
    const third = reviewAlerts(second.alerts, [finding()], NOW + CLAIM_MS, CLAIM_MS);
    expect(third.due).toHaveLength(1);
  });

  it('tell the end of what ended while its start was being told', () => {
    const telling = reviewAlerts([], [finding()], NOW, CLAIM_MS);
    const ended = reviewAlerts(telling.alerts, [], NOW + 1, CLAIM_MS);
    expect(ended.alerts).toMatchObject([{ endedAtMs: NOW + 1, toldAtMs: null }]);
    const told = ended.alerts.map((alert) => ({ ...alert, toldAtMs: NOW + 2, claimedUntilMs: null }));
    expect(reviewAlerts(told, [], NOW + 3, CLAIM_MS).due).toMatchObject([{ endedAtMs: NOW + 1 }]);
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
          const findings = [
            ...wrong.map((alertId) => finding({ alertId })),
            ...unknown
              .filter((alertId) => !wrong.includes(alertId))
              .map((alertId) => finding({ alertId, verdict: 'unknown' })),
          ];
          telling.look(findings, NOW + index, isTaken);
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
      NOW,
      1,
    ).due;
    const message = messageOf(alert!, (text) => text.replaceAll('hunter2', '[redacted]'));
    expect(JSON.stringify(message)).not.toContain('hunter2');
    expect(message).toMatchObject({ text: 'kpool: the key [redacted]', event: 'started', until: null });
  });
});

describe('what is wrong', () => {
  const stream: StreamFacts = {
    accountId: 1,
    accountName: 'main',
    accountStatus: 'ok',
    stream: 'earnings',
    everyMs: HOUR_MS,
    lastSuccessAtMs: NOW - HOUR_MS,
    lastProgressAtMs: NOW - HOUR_MS,
    scopes: 2,
    stuckScopes: 0,
    lastError: null,
  };
  const well: AlertFacts = {
    nowMs: NOW,
    recentEveryMs: 24 * HOUR_MS,
    accounts: [{ accountId: 1, accountName: 'main', status: 'ok', statusReason: null }],
    streams: [stream],
    totals: [],
    quarantine: [],
  };
  const foundIn = (patch: Partial<AlertFacts>) =>
    findingsOf({ ...well, ...patch }).map(({ alertId, verdict }) => `${verdict} ${alertId}`);
  const ofStream = (patch: Partial<StreamFacts>) => foundIn({ streams: [{ ...stream, ...patch }] });

  it('is nothing when all is well', () => expect(foundIn({})).toEqual([]));

  it('is a stream beyond three of its intervals since it last got on', () => {
    expect(ofStream({ lastProgressAtMs: NOW - 3 * HOUR_MS })).toEqual([]);
    expect(ofStream({ lastProgressAtMs: NOW - 3 * HOUR_MS - 1 })).toEqual(['wrong stream-late/1/earnings']);
  });

  it('is one scope that fails again and again, though the others succeed', () =>
    expect(ofStream({ stuckScopes: 1 })).toEqual(['wrong stream-late/1/earnings']));

  it('is not known of the streams of a stopped account: that has its own alert', () => {
    const accounts = [{ accountId: 1, accountName: 'main', status: 'auth_failed', statusReason: 'refused' }];
    expect(foundIn({ accounts, streams: [{ ...stream, accountStatus: 'auth_failed' }] })).toEqual([
      'wrong account-stopped/1',
      'unknown stream-late/1/earnings',
    ]);
  });

  it('is a difference to the pool’s totals, unless they cannot be compared', () => {
    const totals = {
      accountId: 1,
      accountName: 'main',
      currency: 'BTC',
      differing: 0,
      notComparable: 0,
      worstSubAccount: null,
      worstDifference: null,
    };
    expect(foundIn({ totals: [totals] })).toEqual([]);
    expect(foundIn({ totals: [{ ...totals, notComparable: 1 }] })).toEqual(['unknown income-differs/1/BTC']);
    expect(foundIn({ totals: [{ ...totals, notComparable: 1, differing: 1 }] })).toEqual([
      'wrong income-differs/1/BTC',
    ]);
  });

  it('is a quarantine that grew within a day, not one that somebody knows', () => {
    const quarantine = { accountId: 1, accountName: 'main', stream: 'rewards', open: 7, recent: 0 };
    expect(foundIn({ quarantine: [quarantine] })).toEqual([]);
    expect(foundIn({ quarantine: [{ ...quarantine, recent: 1 }] })).toEqual([
      'wrong quarantine-growing/1/rewards',
    ]);
  });
});
