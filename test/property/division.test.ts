import fc from 'fast-check';
import { divideWindow, type Division } from '../../src/domain/division';
import { chooseNewestCut, contains, horizonMs, requestBounds, type Window } from '../../src/domain/windows';
import { SpanLimit } from '../../src/sync/ledger/span-limit';

const DAY_MS = 86_400_000;
const NOW = Date.UTC(2026, 10, 22, 15);
const START = NOW - (NOW % DAY_MS) - 400 * DAY_MS;

const instant = fc
  .tuple(fc.integer({ min: 0, max: 401 }), fc.constantFrom(0, 0, 0, 1, 3_600_000, DAY_MS - 1))
  .map(([day, ms]) => START + day * DAY_MS + ms);
/** Some spread, some crowded on a few days. */
const instants = fc
  .tuple(
    fc.array(instant, { maxLength: 60 }),
    fc.array(fc.tuple(instant, fc.integer({ min: 1, max: 40 })), { maxLength: 3 }),
  )
  .map(([spread, crowds]) => [...spread, ...crowds.flatMap(([at, times]) => Array<number>(times).fill(at))]);
const window: fc.Arbitrary<Window> = fc
  .tuple(fc.integer({ min: 0, max: 390 }), fc.integer({ min: 1, max: 30 }), fc.boolean())
  .map(([from, days, isNewest]) => ({
    fromMs: START + from * DAY_MS,
    toMs: isNewest ? Infinity : START + (from + days) * DAY_MS,
  }));
const grid = { stepMs: DAY_MS, topMs: horizonMs(NOW) };
const capacity = fc.integer({ min: 1, max: 20 });

const windowsOf = (division: Division): Window[] =>
  division.kind === 'parts'
    ? [...division.parts]
    : [division.claimed, division.rest].sort((a, b) => b.fromMs - a.fromMs);

test('parts of a window are smaller than it, cover it without a gap, and are cut between days', () => {
  fc.assert(
    fc.property(window, instants, capacity, fc.nat(500), (whole, all, size, more) => {
      const page = all.filter((at) => contains(whole, at)).slice(0, size);
      const division = divideWindow(
        whole,
        { instants: page, totalNum: page.length + more, isCounted: true, capacity: size },
        grid,
      );
      if (division === null) {
        expect(Math.min(whole.toMs, grid.topMs) - whole.fromMs).toBeLessThanOrEqual(DAY_MS);
        return;
      }
      const parts = windowsOf(division);
      expect(parts.length).toBeGreaterThan(1);
      expect([parts.at(-1)?.fromMs, parts[0]?.toMs]).toEqual([whole.fromMs, whole.toMs]);
      parts.slice(1).forEach((part, i) => expect(part.toMs).toBe(parts[i]?.fromMs));
      for (const part of parts) expect(part.fromMs).toBeLessThan(part.toMs);
      for (const part of parts.slice(0, -1)) expect(part.fromMs % DAY_MS).toBe(0);
      for (const part of parts.slice(0, -1)) expect(part.fromMs).toBeLessThan(grid.topMs);
    }),
    { numRuns: 500 },
  );
});

/** Reads everything as the sync does, from a pool that serves pages in `order`; the number of requests. */
function readAll(all: readonly number[], size: number, order: 'desc' | 'asc' | 'any'): [number[], number] {
  const found: number[] = [];
  const waiting: Window[] = [{ fromMs: START, toMs: Infinity }];
  let requests = 0;
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
    requests += 1;
    const whole = next;
    const inside = all.filter((at) => contains(whole, at));
    if (order !== 'any') inside.sort((a, b) => (order === 'asc' ? a - b : b - a));
    if (inside.length <= size) {
      found.push(...inside);
      continue;
    }
    const page = inside.slice(0, size);
    const division = divideWindow(
      whole,
      { instants: page, totalNum: inside.length, isCounted: true, capacity: size },
      grid,
    );
    if (division === null) found.push(...inside);
    else if (division.kind === 'parts') waiting.push(...division.parts);
    else {
      const { claimed, rest, restRows } = division;
      const isTrue = all.filter((at) => contains(rest, at)).length === restRows;
      if (isTrue) found.push(...page.filter((at) => contains(claimed, at)));
      else waiting.push(claimed);
      waiting.push(rest);
    }
  }
  return [found, requests];
}

test('dividing comes to an end with every row found once, in whatever order the pool serves them', () => {
  fc.assert(
    fc.property(instants, capacity, fc.constantFrom('desc', 'asc', 'any'), (all, size, order) => {
      const [found, requests] = readAll(all, size, order);
      expect(found.sort((a, b) => a - b)).toEqual([...all].sort((a, b) => a - b));
      expect(requests).toBeLessThanOrEqual(4 * all.length + 4);
    }),
    { numRuns: 500 },
  );
});

test('the newest window is closed strictly inside itself, and only when it is nearly full', () => {
  fc.assert(
    fc.property(window, instants, fc.integer({ min: 10, max: 100 }), (whole, all, size) => {
      const inside = all.filter((at) => contains(whole, at));
      const cut = chooseNewestCut(whole, inside, { capacity: size, recentFromMs: NOW - 35 * DAY_MS });
      if (cut === null) return;
      expect(inside.length).toBeGreaterThan(size * 0.8 - 1);
      expect(cut).toBeGreaterThan(whole.fromMs);
      expect(cut % DAY_MS).toBe(0);
    }),
  );
});

test('what is asked for reaches over both ends of a window, so that it does not matter which are included', () => {
  fc.assert(
    fc.property(window, (whole) => {
      const { startMs, endMs } = requestBounds(whole, NOW);
      expect(startMs).toBeLessThan(whole.fromMs);
      expect(endMs).toBeGreaterThan(whole.fromMs);
      expect(endMs).toBe(Math.min(whole.toMs, Math.max(horizonMs(NOW), whole.fromMs + DAY_MS)));
    }),
  );
});

test('a refused span is halved until it is accepted, without a gap between its parts', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 4_000 }), fc.integer({ min: 1, max: 500 }), (days, allowedDays) => {
      const limit = new SpanLimit();
      const whole: Window = { fromMs: horizonMs(NOW) - days * DAY_MS, toMs: Infinity };
      const waiting: Window[] = [whole];
      const accepted: Window[] = [];
      for (let turn = 0; turn < 10_000; turn += 1) {
        const next = waiting.pop();
        if (next === undefined) break;
        const [first, ...older] = limit.fit(next, NOW);
        waiting.push(...older);
        const spanMs = Math.min(first.toMs, horizonMs(NOW)) - first.fromMs;
        if (spanMs <= allowedDays * DAY_MS) accepted.push(first);
        else waiting.push(...[...(limit.shorten(first, NOW) ?? [])].reverse());
      }
      expect(waiting).toEqual([]);
      expect([accepted[0]?.toMs, accepted.at(-1)?.fromMs]).toEqual([Infinity, whole.fromMs]);
      accepted.slice(1).forEach((part, i) => expect(part.toMs).toBe(accepted[i]?.fromMs));
    }),
  );
});
