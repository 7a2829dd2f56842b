import type { Command } from 'commander';
import { CallContext } from '../../../src/cli/context';
import { createProgram } from '../../../src/cli/program';
import { systemClock } from '../../../src/core/clock';

const world = {
  argv: [],
  env: {},
  workingDirectory: '/',
  stdout: process.stdout,
  stderr: process.stderr,
  clock: systemClock,
};

function walk(command: Command): Command[] {
  return command.commands.flatMap((each) => [each, ...walk(each)]);
}

/** What `--help` writes, examples included. */
function helpOf(command: Command): string {
  let text = '';
  command.configureOutput({ writeOut: (part) => (text += part) });
  command.outputHelp();
  return text;
}

test('every command’s help ends with an example', () => {
  const program = createProgram(new CallContext(world, new AbortController().signal), world);
  const commands = walk(program).filter((command) => command.name() !== 'help');
  expect(commands.length).toBeGreaterThan(12);
  const lacking = [program, ...commands].filter(
    (command) => !/\nExamples?:\n {2}\$ kpool /.test(helpOf(command)),
  );
  expect(lacking.map((command) => command.name())).toEqual([]);
});
