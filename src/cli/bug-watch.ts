/** As much of `process` as is needed. A promise that nobody awaits arrives here too. */
export interface BugSource {
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  removeListener(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): void;
}

/**
 * Tells of an error that nobody caught through `report`, and ends the process with 1: Node would print the whole
 * error object, with whatever hangs on it (P10). Returns how to stop watching.
 */
export function watchForBugs(source: BugSource, report: (error: unknown) => void): () => void {
  const listener = (error: unknown) => {
    report(error);
    source.exit(1);
  };
  source.on('uncaughtException', listener);
  return () => void source.removeListener('uncaughtException', listener);
}
