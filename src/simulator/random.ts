/** Numbers in [0, 1). */
export type Random = () => number;

const UINT32 = 2 ** 32;
/** Looked up once: jest runs code in a context where each look-up of a global is slow, and this one is hot. */
const imul = Math.imul;

function avalanche(hash: number): number {
  let h = hash;
  h = imul(h ^ (h >>> 16), 0x85ebca6b);
  h = imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** A 32-bit hash of a text (FNV-1a, then murmur3's finaliser). */
export function hashText(text: string): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < text.length; i += 1) h = imul(h ^ text.charCodeAt(i), 0x01000193);
  return avalanche(h);
}

/** A 32-bit hash of a seed and a whole number: how everything that the simulator invents follows from its seed. */
export function mix(seed: number, value: number): number {
  return avalanche(imul(seed ^ 0x9e3779b9, 0x01000193) + imul(value | 0, 0x27d4eb2f));
}

/** `mix`, as a number in [0, 1). */
export function fractionOf(seed: number, value: number): number {
  return mix(seed, value) / UINT32;
}

/** A stream of numbers that depends on the seed only (mulberry32). */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = imul(state ^ (state >>> 15), 1 | state);
    t = (t + imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / UINT32;
  };
}

/** The items in another order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: Random): T[] {
  const result = [...items];
  for (let i = result.length - 1; i > 0; i -= 1) {
    const j = Math.floor(random() * (i + 1));
    const moved = result[i] as T;
    result[i] = result[j] as T;
    result[j] = moved;
  }
  return result;
}
