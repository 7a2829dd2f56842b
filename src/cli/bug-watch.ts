/** The part of `process` that is used. Unhandled rejections arrive as uncaught exceptions. */
export interface BugSource {
  on(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  removeListener(event: 'uncaughtException', listener: (error: unknown) => void): unknown;
  exit(code: number): void;
}

/**
 * Reports an uncaught error through `report` and exits with 1. Without it, Node would print all of the error's properties,
 * which may contain secrets (P10). Returns a function that stops watching.
 */
export function watchForBugs(source: BugSource, report: (error: unknown) => void): () => void {
  const listener = (error: unknown) => {
    report(error);
    source.exit(1);
  };
  source.on('uncaughtException', listener);
  return () => void source.removeListener('uncaughtException', listener);
}
