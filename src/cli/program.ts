import { Command } from 'commander';
import { COMMANDS } from './commands';
import type { CallContext, CliHost } from './context';
import { readVersion } from '../core/version';

const EXIT_CODES_HELP = `
Exit codes: 0 success, 1 something is incomplete or differs, 2 invalid usage or configuration.
Configuration: environment variables or .env; .env.example documents every variable.

Example:
  $ kpool migrate`;

/**
 * The whole command line. Only the command that is called is loaded, so that `--help` is fast. Parsing throws
 * commander's error instead of exiting.
 */
export function createProgram(
  openContext: () => Promise<CallContext>,
  { stdout, stderr }: Pick<CliHost, 'stdout' | 'stderr'>,
): Command {
  const program = new Command('kpool')
    .description('Syncs everything the KuCoin Pool API exposes into PostgreSQL, and keeps it up to date')
    .version(readVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .option('--json', 'print the result as JSON', false)
    .option('--no-color', 'print without colours')
    // Not --env-file: Node 20 claims that option wherever it appears.
    .option('--env <path>', 'read this file instead of .env')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride();
  for (const { name, description } of COMMANDS) program.command(name).description(description);
  addHelpCommand(program, openContext);
  program.hook('preSubcommand', async (_program, command) => loadCommand(command, openContext));
  program.hook('preAction', async (_program, command) => {
    if (command.name() !== HELP) (await openContext()).applyGlobalOptions(program.opts());
  });
  return program;
}

/** Adds options, action and examples to a command of the list. */
export async function loadCommand(command: Command, openContext: () => Promise<CallContext>): Promise<void> {
  const entry = COMMANDS.find(({ name }) => name === command.name());
  if (entry === undefined) return;
  const [configure, context] = await Promise.all([entry.load(), openContext()]);
  configure(command, context);
}

const HELP = 'help';

/** Commander's own help command would show commands without their options, since they are not loaded. */
function addHelpCommand(program: Command, openContext: () => Promise<CallContext>): void {
  program
    .command(`${HELP} [command]`)
    .description('Show help for a command')
    .action(async (name: string | undefined) => {
      if (name === undefined) {
        program.outputHelp();
        return;
      }
      const command = program.commands.find((each) => each.name() === name);
      if (command === undefined) program.error(`error: unknown command '${name}'`);
      else {
        await loadCommand(command, openContext);
        command.outputHelp();
      }
    });
}
