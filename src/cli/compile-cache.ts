import module from 'node:module';
import path from 'node:path';

/** Absent before Node 22.8. */
type EnableCompileCache = ((directory: string) => unknown) | undefined;

/**
 * What Node compiled is kept for the next call, where Node can do so. Beside the program, not in the folder for
 * temporary files, where others could plant code; where that is not writable, nothing is kept.
 */
const { enableCompileCache } = module as { readonly enableCompileCache?: EnableCompileCache };
enableCompileCache?.(path.join(__dirname, '..', '..', 'compiled'));
