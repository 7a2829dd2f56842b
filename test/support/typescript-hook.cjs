// `node -r test/support/typescript-hook.cjs file.ts` runs TypeScript as jest does, in a process of its own. What was
// translated is kept: a test that starts many processes would spend most of its time on that.
const { createHash } = require('node:crypto');
const { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { version } = require('@swc/core/package.json');

const CACHE = path.join(
  path.dirname(require.resolve('../../package.json')),
  'node_modules/.cache/kpool-tests',
  version,
);
mkdirSync(CACHE, { recursive: true });

function translate(source, filename) {
  const { transformSync } = require('@swc/core');
  return transformSync(source, {
    filename,
    jsc: {
      parser: { syntax: 'typescript', tsx: filename.endsWith('.tsx') },
      transform: { react: { runtime: 'automatic', importSource: 'preact' } },
      target: 'es2022',
    },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  }).code;
}

function readTranslated(filename) {
  const source = readFileSync(filename, 'utf8');
  const kept = path.join(CACHE, createHash('sha256').update(`${filename}\0${source}`).digest('hex'));
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const code = translate(source, filename);
    // Whole or not at all, because other processes may write the same file.
    writeFileSync(`${kept}.${process.pid}`, code);
    renameSync(`${kept}.${process.pid}`, kept);
    return code;
  }
}

for (const extension of ['.ts', '.tsx']) {
  require.extensions[extension] = (module, filename) => {
    module._compile(readTranslated(filename), filename);
  };
}

// `import()` names a file as it is once it is built.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolve(request, parent, ...rest) {
  const source = request.replace(/\.js$/, '.ts');
  const isOurs = source !== request && request.startsWith('.') && /\.tsx?$/.test(parent?.filename ?? '');
  const name = isOurs && existsSync(path.resolve(path.dirname(parent.filename), source)) ? source : request;
  return resolveFilename.call(this, name, parent, ...rest);
};
