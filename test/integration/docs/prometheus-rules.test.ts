import path from 'node:path';
import { runPromtool } from '../../support/promtool';

const FOLDER = path.join(__dirname, '../../../deploy/prometheus');

describe('the alert rules for Prometheus', () => {
  test.each([
    [
      'go with the example of a configuration',
      ['check', 'config', '--syntax-only', 'prometheus.example.yml'],
    ],
    ['can be loaded', ['check', 'rules', 'kpool.rules.yml']],
    ['fire when they should, and only then', ['test', 'rules', 'kpool.rules.test.yml']],
  ])('%s', (_name, args) => {
    const file = path.join(FOLDER, args.at(-1) ?? '');
    const ran = runPromtool([...args.slice(0, -1), file]);
    if (ran === null) return;
    expect(ran).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') as string });
  });
});
