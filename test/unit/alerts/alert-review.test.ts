import fc from 'fast-check';
import {
  MAX_MESSAGES_PER_ROUND,
  composeMessage,
  reviewAlerts,
  type Alert,
  type AlertCandidate,
} from '../../../src/alerts/alert-review';

const NOW = Date.UTC(2026, 10, 22, 9);
const LEASE_MS = 60_000;
const WELL: ReadonlySet<string> = new Set();

function candidate(patch: Partial<AlertCandidate> = {}): AlertCandidate {
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

/** A webhook and a table in memory; what was sent is kept as `start:id` and `end:id`. */
class Sender {
  alerts: readonly Alert[] = [];
  readonly sent: string[] = [];

  review(
    candidates: readonly AlertCandidate[],
    nowMs: number,
    { isTaken = true, unjudged = [] }: { isTaken?: boolean; unjudged?: readonly string[] } = {},
  ): void {
    const { alerts, due } = reviewAlerts(this.alerts, candidates, new Set(unjudged), nowMs, LEASE_MS);
    const dueIds = new Set(due.map(({ alertId }) => alertId));
    this.alerts = alerts.flatMap((alert): Alert[] => {
      if (!dueIds.has(alert.alertId)) return [alert];
      const rest = { ...alert, leasedUntilMs: null };
      if (!isTaken) return [rest];
      this.sent.push(`${alert.endedAtMs === null ? 'start' : 'end'}:${alert.alertId}`);
      return alert.endedAtMs === null ? [{ ...rest, sentAtMs: nowMs }] : [];
    });
  }
}

describe('alerts', () => {
  test('are sent once at a start and once at an end', () => {
    const sender = new Sender();
    for (let round = 0; round < 5; round += 1) sender.review([candidate()], NOW + round);
    for (let round = 5; round < 9; round += 1) sender.review([], NOW + round);
    expect(sender.sent).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
    expect(sender.alerts).toEqual([]);
  });

  test('are sent later if a webhook failed, unless they are over', () => {
    const sender = new Sender();
    sender.review([candidate(), candidate({ alertId: 'other' })], NOW, { isTaken: false });
    sender.review([candidate()], NOW + 1, { isTaken: false });
    sender.review([candidate()], NOW + 2);
    sender.review([], NOW + 3, { isTaken: false });
    sender.review([], NOW + 4);
    expect(sender.sent).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
  });

  test('wait for the delay of their kind', () => {
    const sender = new Sender();
    const late = candidate({ holdMs: 10 * 60_000 });
    sender.review([late], NOW);
    sender.review([late], NOW + 9 * 60_000);
    sender.review([], NOW + 9.5 * 60_000);
    sender.review([late], NOW + 10 * 60_000);
    sender.review([late], NOW + 19 * 60_000);
    expect(sender.sent).toEqual([]);
    sender.review([late], NOW + 20 * 60_000);
    expect(sender.sent).toEqual(['start:account-stopped/1']);
  });

  test('neither start nor end what cannot be judged', () => {
    const sender = new Sender();
    const unjudged = ['account-stopped/1'];
    sender.review([], NOW, { unjudged });
    expect(sender.alerts).toEqual([]);
    sender.review([candidate()], NOW + 1);
    sender.review([], NOW + 2, { unjudged });
    sender.review([candidate()], NOW + 3);
    sender.review([], NOW + 4);
    expect(sender.sent).toEqual(['start:account-stopped/1', 'end:account-stopped/1']);
  });

  test('are left to the sending process during its lease', () => {
    const first = reviewAlerts([], [candidate()], WELL, NOW, LEASE_MS);
    expect(first.due).toHaveLength(1);
    const second = reviewAlerts(first.alerts, [candidate()], WELL, NOW + 1_000, LEASE_MS);
    expect(second.due).toEqual([]);
    const third = reviewAlerts(second.alerts, [candidate()], WELL, NOW + LEASE_MS, LEASE_MS);
    expect(third.due).toHaveLength(1);
  });

  test('report an end that came while the start was being sent', () => {
    const sender = reviewAlerts([], [candidate()], WELL, NOW, LEASE_MS);
    const ended = reviewAlerts(sender.alerts, [], WELL, NOW + 1, LEASE_MS);
    expect(ended.alerts).toMatchObject([{ endedAtMs: NOW + 1, sentAtMs: null }]);
    const sent = ended.alerts.map((alert) => ({ ...alert, sentAtMs: NOW + 2, leasedUntilMs: null }));
    expect(reviewAlerts(sent, [], WELL, NOW + 3, LEASE_MS).due).toMatchObject([{ endedAtMs: NOW + 1 }]);
  });

  test('are limited in number, oldest first, and none is lost', () => {
    const sender = new Sender();
    const many = Array.from({ length: 50 }, (_, index) => candidate({ alertId: `a${index}` }));
    sender.review(many, NOW);
    expect(sender.sent).toHaveLength(MAX_MESSAGES_PER_ROUND);
    sender.review(many, NOW + 1);
    sender.review(many, NOW + 2);
    expect(new Set(sender.sent).size).toBe(50);
  });

  test('alternate between start and end for every subject', () => {
    const round = fc.record({
      wrong: fc.subarray(['a', 'b', 'c']),
      unknown: fc.subarray(['a', 'b', 'c']),
      isTaken: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(round, { maxLength: 30 }), (rounds) => {
        const sender = new Sender();
        rounds.forEach(({ wrong, unknown, isTaken }, index) => {
          const candidates = wrong.map((alertId) => candidate({ alertId }));
          sender.review(candidates, NOW + index, { isTaken, unjudged: unknown });
        });
        for (const alertId of ['a', 'b', 'c']) {
          const events = sender.sent.filter((event) => event.endsWith(`:${alertId}`));
          events.forEach((event, index) =>
            expect(event.startsWith(index % 2 === 0 ? 'start' : 'end')).toBe(true),
          );
        }
      }),
    );
  });

  test('P10 contain no secret that the scrubber knows', () => {
    const [alert] = reviewAlerts(
      [],
      [candidate({ startText: 'the key hunter2', detail: { k: 'hunter2' } })],
      WELL,
      NOW,
      1,
    ).due;
    const message = composeMessage(alert!, (text) => text.replaceAll('hunter2', '[redacted]'));
    expect(JSON.stringify(message)).not.toContain('hunter2');
    expect(message).toMatchObject({ text: 'kpool: the key [redacted]', event: 'started', until: null });
  });
});
