import { millisecondsInHour as HOUR_MS } from 'date-fns/constants';
import { jumpingClock } from '../../support/jumping-clock';
import { answer, CALL, createTestClient, failure, startScriptedPool, success } from './scripted-pool';

const BODY = success('["SHA256d"]');

test('a temporary 403 is only a delay', async () => {
  const pool = await startScriptedPool((_request, response, n) =>
    answer(response, n <= 3 ? '<html>' : BODY, { status: n <= 3 ? 403 : 200 }),
  );
  const client = createTestClient(pool.url, { clock: jumpingClock() });
  expect((await client.queryAlgorithms(CALL)).rows).toEqual(['SHA256d']);
  expect(client.attempts.map(({ outcome, httpStatus, attempt }) => [attempt, httpStatus, outcome])).toEqual([
    [1, 403, 'pool.throttled'],
    [2, 403, 'pool.throttled'],
    [3, 403, 'pool.throttled'],
    [4, 200, 'ok'],
  ]);
});

test('a throttled call says how long the next one should wait', async () => {
  const pool = await startScriptedPool((_request, response) => answer(response, failure('200002')));
  const client = createTestClient(pool.url, { clock: jumpingClock() });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({
    code: 'pool.throttled',
    retry: 'after',
    retryAfterMs: expect.any(Number) as number,
  });
  // Three failures in a row open the circuit.
  expect(client.pacer.throttled).toHaveLength(3);
});

test('Retry-After decides the delay, in seconds or as a date', async () => {
  const pool = await startScriptedPool((_request, response, n) => {
    const date = new Date(Date.UTC(2030, 0, 1)).toUTCString();
    const later = new Date(Date.UTC(2030, 0, 1, 0, 0, 50)).toUTCString();
    if (n === 1) answer(response, '', { status: 503, headers: { 'retry-after': '40' } });
    else if (n === 2) answer(response, '', { status: 429, headers: { 'retry-after': later, date } });
    else answer(response, '', { status: 503, headers: { 'retry-after': '3600' } });
  });
  const clock = jumpingClock();
  const client = createTestClient(pool.url, { clock });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({
    code: 'pool.maintenance',
    retryAfterMs: HOUR_MS,
  });
  expect(clock.sleeps).toEqual([40_000, 50_000]);
});

test('during maintenance only one call probes', async () => {
  let isMaintained = true;
  const pool = await startScriptedPool((_request, response) =>
    isMaintained ? answer(response, '', { status: 503 }) : answer(response, BODY),
  );
  const clock = jumpingClock();
  const minute = { firstDelayMs: 60_000, maxDelayMs: 60_000, factor: 1 };
  const pause = { maintenance: minute, throttled: minute, refused: minute };
  const circuit = { pause, failureThreshold: 3, longestPauseMs: 60_000 };
  const client = createTestClient(pool.url, { clock, retries: { circuit } });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({ code: 'pool.maintenance' });
  expect(pool.paths).toHaveLength(4);
  for (let i = 0; i < 5; i++)
    await expect(client.querySubAccounts(CALL)).rejects.toMatchObject({
      code: 'pool.maintenance',
      retryAfterMs: expect.any(Number) as number,
    });
  expect(pool.paths).toHaveLength(4);
  await clock.sleep(60_000);
  const calls = [client.queryAlgorithms(CALL), client.queryAlgorithms(CALL)];
  await Promise.allSettled(calls);
  expect(pool.paths).toHaveLength(5);
  isMaintained = false;
  await clock.sleep(60_000);
  await client.queryAlgorithms(CALL);
  await client.queryAlgorithms(CALL);
  expect(pool.paths).toHaveLength(7);
});

test('a clock an hour off is corrected by the second request', async () => {
  const pool = await startScriptedPool((request, response) => {
    const timestamp = Number(new URL(request.url ?? '', 'http://pool').searchParams.get('timestamp'));
    answer(response, Math.abs(timestamp - Date.now()) > 5_000 ? failure('400002') : BODY);
  });
  for (const skewMs of [HOUR_MS, -HOUR_MS]) {
    const clock = jumpingClock({ aheadMs: skewMs });
    const client = createTestClient(pool.url, { clock });
    expect((await client.queryAlgorithms(CALL)).rows).toEqual(['SHA256d']);
    expect(client.requestCount()).toBe(2);
    expect(clock.sleeps).toEqual([]);
    expect(Math.abs(client.offsetMs() + skewMs)).toBeLessThan(1_500);
    expect(Math.abs(client.now() - Date.now())).toBeLessThan(1_500);
  }
});

test('a clock that is still refused is reported with its offset', async () => {
  const date = new Date(Date.now() + 7_000).toUTCString();
  const pool = await startScriptedPool((_request, response) =>
    answer(response, failure('400002'), { headers: { date } }),
  );
  const client = createTestClient(pool.url, { clock: jumpingClock() });
  await expect(client.queryAlgorithms(CALL)).rejects.toMatchObject({
    code: 'pool.clock',
    message: expect.stringMatching(/difference of [67]\.\d s .*this host is behind/) as string,
  });
  expect(pool.paths).toHaveLength(2);
});

test('the clock ignores the dates of proxies and caches', async () => {
  const date = new Date(Date.UTC(2020, 0, 1)).toUTCString();
  const pool = await startScriptedPool((_request, response, n) => {
    if (n === 1) answer(response, '<html>', { status: 502, headers: { date } });
    else answer(response, BODY, { headers: { date, age: '100' } });
  });
  const client = createTestClient(pool.url, { clock: jumpingClock() });
  await client.queryAlgorithms(CALL);
  expect(client.offsetMs()).toBe(0);
});
