import { Command } from 'commander';
import { COMMANDS } from './commands';
import type { CallContext, World } from './context';
import { readVersion } from './version';

const EXIT_CODES_HELP = `
Exit codes: 0 all well, 1 something is incomplete or differs, 2 wrong usage or configuration.
Configuration: .env or the environment; .env.example explains every variable.

Example:
  $ kpool migrate`;

/** The whole command line. Parsing throws commander's own error instead of ending the process. */
export function createProgram(context: CallContext, { stdout, stderr }: World): Command {
  const program = new Command('kpool')
    .description('Copies everything that the KuCoin Pool API can tell into PostgreSQL, and keeps it current')
    .version(readVersion(), '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show how to use it')
    .helpCommand('help [command]', 'show how to use a command')
    .option('--json', 'write the result as JSON', false)
    .option('--no-color', 'write without colours')
    // Not --env-file: Node 20 takes that for itself, wherever it stands.
    .option('--env <path>', 'read this file instead of .env')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ writeOut: (text) => stdout.write(text), writeErr: (text) => stderr.write(text) })
    .showSuggestionAfterError()
    .addHelpText('after', EXIT_CODES_HELP)
    .exitOverride();
  program.hook('preAction', () => context.applyGlobalOptions(program.opts()));
  COMMANDS.forEach((register) => register(program, context));
  return program;
}
