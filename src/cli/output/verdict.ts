import { isWell, type Wellness } from '../../report/wellness/judge';
import type { Severity } from '../../report/wellness/problem';
import type { CliContext } from '../context';
import type { Output } from './output';

/** Problems listed; the rest are counted. */
const MAX_PROBLEMS_SHOWN = 20;

/** Sets exit code 1 if there is any problem: for every command that reports a state. */
export function exitByVerdict(context: Pick<CliContext, 'exitWith'>, wellness: Wellness): void {
  if (!isWell(wellness)) context.exitWith(1);
}

/** Each problem and how to fix it, on two lines; or that there is none. */
export function formatVerdict({ colour }: Pick<Output, 'colour'>, { problems }: Wellness): string {
  if (problems.length === 0) return colour.green('All is well.');
  const paint: Readonly<Record<Severity, (text: string) => string>> = {
    critical: colour.red,
    warning: colour.yellow,
    progress: colour.cyan,
  };
  const more = problems.length - MAX_PROBLEMS_SHOWN;
  return [
    ...problems
      .slice(0, MAX_PROBLEMS_SHOWN)
      .map(
        ({ severity, what, cause, fix }) =>
          `${paint[severity](what)}${cause === null ? '' : ` ${cause}`}\n  ${fix}`,
      ),
    ...(more > 0 ? [`… and ${more} more (--json shows all).`] : []),
  ].join('\n');
}
