import { assert } from '../core/assert';
import { KpoolError } from '../core/errors';
import type { Stream } from '../domain/streams';
import type { StreamDefinition } from './stream';

/** The streams of this version, most valuable first, which is also their priority. */
export class StreamRegistry {
  private readonly byName: ReadonlyMap<Stream, StreamDefinition>;

  constructor(readonly all: readonly StreamDefinition[]) {
    this.byName = new Map(all.map((stream) => [stream.name, stream]));
    assert(this.byName.size === all.length, 'no two streams have the same name');
    for (const { name, after } of all) {
      for (const earlier of after?.streams ?? []) {
        assert(this.rankOf(earlier) < this.rankOf(name), 'a stream comes after those that it waits for');
      }
    }
  }

  get names(): readonly Stream[] {
    return this.all.map(({ name }) => name);
  }

  get catalog(): readonly StreamDefinition[] {
    return this.all.filter(({ isCatalog }) => isCatalog === true);
  }

  find(name: Stream): StreamDefinition | null {
    return this.byName.get(name) ?? null;
  }

  /** Throws `broken-promise` for an unknown stream. */
  get(name: Stream): StreamDefinition {
    const stream = this.find(name);
    if (stream === null)
      throw new KpoolError('broken-promise', `There is no stream ${name} in this version.`);
    return stream;
  }

  /** 1 is served first: permits are granted in this order. */
  priorityOf(name: Stream): number {
    return this.rankOf(this.get(name).name) + 1;
  }

  /** Streams for which a run of `name` may have created work, besides itself. */
  followersOf(name: Stream): readonly StreamDefinition[] {
    const { isCatalog } = this.get(name);
    return this.all.filter(
      (other) => other.isCatalog !== true && (isCatalog === true || isAfter(other, name)),
    );
  }

  /** The streams in steps: those of one step may run concurrently, and later steps build on their results. */
  get steps(): readonly (readonly StreamDefinition[])[] {
    const steps: StreamDefinition[][] = this.catalog.map((stream) => [stream]);
    let rest = this.all.filter(({ isCatalog }) => isCatalog !== true);
    while (rest.length > 0) {
      const step = rest.filter((stream) => !rest.some(({ name }) => isAfter(stream, name)));
      steps.push(step);
      rest = rest.filter((stream) => !step.includes(stream));
    }
    return steps;
  }

  private rankOf(name: Stream): number {
    return this.all.findIndex((stream) => stream.name === name);
  }
}

function isAfter({ after }: StreamDefinition, name: Stream): boolean {
  return after?.streams.includes(name) === true;
}
