import { registerCheck } from './commands/check';
import { registerClose, registerReopen } from './commands/close';
import { registerDemo } from './commands/demo';
import { registerExport } from './commands/export';
import { registerGrantReader } from './commands/grant-reader';
import { registerMigrate } from './commands/migrate';
import { registerQuarantine } from './commands/quarantine';
import { registerReconcile } from './commands/reconcile';
import { registerRollup } from './commands/rollup';
import { registerStart } from './commands/start';
import { registerStatus } from './commands/status';
import { registerSync } from './commands/sync';
import type { RegisterCommand } from './context';

/** Every command, in the order of the help. A new one is a file in `commands/` and a line here. */
export const COMMANDS: readonly RegisterCommand[] = [
  registerStart,
  registerSync,
  registerStatus,
  registerQuarantine,
  registerCheck,
  registerReconcile,
  registerClose,
  registerReopen,
  registerExport,
  registerRollup,
  registerMigrate,
  registerGrantReader,
  registerDemo,
];
