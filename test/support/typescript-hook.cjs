// `node -r test/support/typescript-hook.cjs file.ts` runs TypeScript as jest does, in a process of its own.
const { existsSync, readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');

require.extensions['.ts'] = (module, filename) => {
  const { code } = transformSync(readFileSync(filename, 'utf8'), {
    filename,
    jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
    module: { type: 'commonjs' },
    sourceMaps: 'inline',
  });
  module._compile(code, filename);
};

// `import()` names a file as it is once it is built.
const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function resolve(request, parent, ...rest) {
  const source = request.replace(/\.js$/, '.ts');
  const isOurs = source !== request && request.startsWith('.') && parent?.filename?.endsWith('.ts') === true;
  const name = isOurs && existsSync(path.resolve(path.dirname(parent.filename), source)) ? source : request;
  return resolveFilename.call(this, name, parent, ...rest);
};
