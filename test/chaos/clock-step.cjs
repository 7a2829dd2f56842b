// Preloaded by a process whose wall clock is to be stepped: the file named by CHAOS_CLOCK_FILE holds by how many
// milliseconds it is wrong, and is read again all the time. Timers and the monotonic clock go on as they are.
const { readFileSync } = require('node:fs');
const { setInterval } = require('node:timers');

const READ_EVERY_MS = 100;
const RealDate = Date;
let wrongByMs = 0;

function read() {
  try {
    wrongByMs = Number(readFileSync(process.env.CHAOS_CLOCK_FILE, 'utf8')) || 0;
  } catch {
    wrongByMs = 0;
  }
}

const now = () => RealDate.now() + wrongByMs;

globalThis.Date = new Proxy(RealDate, {
  construct: (target, args, newTarget) =>
    Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
  apply: () => new RealDate(now()).toString(),
  get: (target, name, receiver) => (name === 'now' ? now : Reflect.get(target, name, receiver)),
});
read();
setInterval(read, READ_EVERY_MS).unref();
