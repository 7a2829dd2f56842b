import path from 'node:path';
import { runPromtool } from '../../support/promtool';

const FOLDER = path.join(__dirname, '../../../deploy/prometheus');

describe('the alert rules for Prometheus', () => {
  it.each([
    ['can be loaded', ['check', 'rules', 'kpool.rules.yml']],
    ['fire when they should, and only then', ['test', 'rules', 'kpool.rules.test.yml']],
  ])('%s', (_name, [command = '', what = '', file = '']) => {
    const ran = runPromtool([command, what, path.join(FOLDER, file)]);
    if (ran === null) return;
    expect(ran).toEqual({ code: 0, output: expect.stringContaining('SUCCESS') as string });
  });
});
