import type { Command } from 'commander';

/** Ends a command's help with calls of it, as one would type them. */
export function withExamples(command: Command, ...examples: readonly [string, ...string[]]): Command {
  const lines = examples.map((example) => `  $ ${example}`);
  return command.addHelpText(
    'after',
    `\n${lines.length === 1 ? 'Example' : 'Examples'}:\n${lines.join('\n')}`,
  );
}
