import { registerCheck } from './commands/check';
import { registerDemo } from './commands/demo';
import { registerMigrate } from './commands/migrate';
import { registerStart } from './commands/start';
import { registerStatus } from './commands/status';
import { registerSync } from './commands/sync';
import type { RegisterCommand } from './context';

/** Every command, in the order of the help. A new one is a file in `commands/` and a line here. */
export const COMMANDS: readonly RegisterCommand[] = [
  registerStart,
  registerSync,
  registerStatus,
  registerCheck,
  registerMigrate,
  registerDemo,
];
