import type { PaceLevel } from './pace-level';

/** What this process learned about the levels of keys under `auto`, until it is stored. */
export class LevelReports {
  private readonly unsentLevels = new Map<string, PaceLevel>();
  /** Keys that this process paces as a whole because of reports that may mean something else. */
  private readonly suspected = new Set<string>();

  /** `level` is the current one. True if there is something to store. */
  noteThrottled(key: string, level: PaceLevel, isCertain: boolean): boolean {
    if (isCertain) this.suspected.delete(key);
    if (level === 'key' && !this.unsentLevels.has(key)) return false;
    if (!isCertain && this.unsentLevels.get(key) !== 'key') this.suspected.add(key);
    this.unsentLevels.set(key, 'key');
    return true;
  }

  /** True if there is something to store. */
  retract(key: string): boolean {
    const wasSuspected = this.suspected.delete(key);
    if (wasSuspected) this.unsentLevels.set(key, 'endpoint');
    return wasSuspected;
  }

  unsent(): [string, PaceLevel][] {
    return [...this.unsentLevels];
  }

  /** The store now knows `level`; a report of the opposite that came meanwhile stays. */
  noteSent(key: string, level: PaceLevel): void {
    if (this.unsentLevels.get(key) === level) this.unsentLevels.delete(key);
  }

  forget(): void {
    this.unsentLevels.clear();
  }
}
