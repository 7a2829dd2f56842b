import type { Command } from 'commander';

/** Adds example command lines to a command's help. */
export function withExamples(command: Command, ...examples: readonly [string, ...string[]]): Command {
  const lines = examples.map((example) => `  $ ${example}`);
  return command.addHelpText(
    'after',
    `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.join('\n')}`,
  );
}
