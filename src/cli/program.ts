import { Command } from 'commander';
import { COMMANDS } from './commands';
import type { CallContext, CliHost } from './context';
import { readVersion } from '../core/version';

const EXIT_CODES_HELP = `
Exit codes: 0 all well, 1 something is incomplete or differs, 2 wrong usage or configuration.
Configuration: .env or the environment; .env.example explains every variable.

Example:
  $ kpool migrate`;

/**
 * The whole command line. Commands are known by name; the one that is named is loaded and told its context, so that help
 * costs next to nothing. Parsing throws commander's own error instead of ending the process.
 */
export function createProgram(
  openContext: () => Promise<CallContext>,
  { stdout, stderr }: Pick<CliHost, 'stdout' | 'stderr'>,
): Command {
  const program = new Command('kpool')
    .description('Copies everything that the KuCoin Pool API can tell into PostgreSQL, and keeps it current')
    .version(readVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show how to use it')
    .helpCommand(false)
    .option('--json', 'write the result as JSON', false)
    .option('--no-color', 'write without colours')
    // Not --env-file: Node 20 takes that for itself, wherever it stands.
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

/** Gives a command of the list its options, its action and its examples. */
export async function loadCommand(command: Command, openContext: () => Promise<CallContext>): Promise<void> {
  const entry = COMMANDS.find(({ name }) => name === command.name());
  if (entry === undefined) return;
  const [configure, context] = await Promise.all([entry.load(), openContext()]);
  configure(command, context);
}

const HELP = 'help';

/** Commander's own would show a command that is not loaded. */
function addHelpCommand(program: Command, openContext: () => Promise<CallContext>): void {
  program
    .command(`${HELP} [command]`)
    .description('Show how to use a command')
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
