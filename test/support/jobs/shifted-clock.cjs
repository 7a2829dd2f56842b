// `node -r test/support/jobs/shifted-clock.cjs …`: a process whose wall clock is wrong by as many ms as the file that
// KPOOL_TEST_CLOCK names says, read again at SIGUSR2. Its monotonic clock runs on, as on a host whose time is set.
const { readFileSync } = require('node:fs');

const file = process.env['KPOOL_TEST_CLOCK'];
const RealDate = Date;
let shiftMs = 0;
const readShift = () => {
  shiftMs = Number(readFileSync(file, 'utf8'));
};
readShift();
process.on('SIGUSR2', readShift);

globalThis.Date = class extends RealDate {
  constructor(...args) {
    super(...(args.length === 0 ? [RealDate.now() + shiftMs] : args));
  }

  static now() {
    return RealDate.now() + shiftMs;
  }
};
