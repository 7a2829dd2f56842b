/** How many days of each history are kept; null: unlimited. */
export interface KeepDays {
  readonly workerSamples: number | null;
  readonly workerHourly: number | null;
  readonly workerDaily: number | null;
  /** Runs and certificates. */
  readonly runs: number | null;
}
