import type { Command } from 'commander';
import { CallContext } from '../../../src/cli/context';
import { createProgram, loadCommand } from '../../../src/cli/program';
import { systemClock } from '../../../src/core/clock';
import { runCliInProcess } from '../../support/cli-in-process';

const host = {
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

test('the help of every command ends with an example', async () => {
  const openContext = () => Promise.resolve(new CallContext(host, new AbortController().signal));
  const program = createProgram(openContext, host);
  for (const command of program.commands) await loadCommand(command, openContext);
  const commands = walk(program).filter((command) => command.name() !== 'help');
  expect(commands.length).toBeGreaterThan(12);
  const lacking = [program, ...commands].filter(
    (command) => !/\nExamples?:\n {2}\$ kpool /.test(helpOf(command)),
  );
  expect(lacking.map((command) => command.name())).toEqual([]);
});

test('help may be asked before or after the command', async () => {
  const [after, before] = await Promise.all(
    [
      ['close', '--help'],
      ['help', 'close'],
    ].map((argv) => runCliInProcess(argv, {})),
  );
  expect(after!.stdout).toContain('$ kpool close 2026-10');
  expect(before).toEqual(after);
  expect((await runCliInProcess(['help', 'nothing'], {})).code).toBe(2);
});
