import module from 'node:module';
import path from 'node:path';

/** Absent before Node 22.8. */
type EnableCompileCache = ((directory: string) => unknown) | undefined;

/**
 * Keeps what Node compiled for the next call, if this version of Node can. It is stored beside the program, not in the
 * folder for temporary files, where others could plant code; if that place is not writable, nothing is kept.
 */
const { enableCompileCache } = module as { readonly enableCompileCache?: EnableCompileCache };
enableCompileCache?.(path.join(__dirname, '..', '..', 'compiled'));
