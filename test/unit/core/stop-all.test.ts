import { stopAll } from '../../../src/core/stop-all';

test('everything is stopped although one stop fails', async () => {
  const stopped: string[] = [];
  const stop = (name: string, error?: Error) => async (): Promise<void> => {
    stopped.push(name);
    if (error !== undefined) throw error;
    return Promise.resolve();
  };
  const stops = [stop('pages', new Error('first')), stop('jobs', new Error('second')), stop('database')];
  await expect(stopAll(stops)).rejects.toThrow('first');
  expect(stopped).toEqual(['pages', 'jobs', 'database']);
});
