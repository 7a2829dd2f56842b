import js from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'src/store/generated/', 'coverage/', 'node_modules/'] },
  js.configs.recommended,
  {
    files: ['**/*.ts', '**/*.tsx'],
    extends: [...tseslint.configs.strictTypeChecked, ...tseslint.configs.stylisticTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      // Money is exact: text or decimal objects, never JavaScript numbers (P1).
      'no-restricted-globals': [
        'error',
        { name: 'parseFloat', message: 'Amounts are decimal text (src/core/decimal.ts).' },
      ],
      // The index loads two hundred files.
      'no-restricted-imports': [
        'error',
        { paths: [{ name: 'date-fns', message: "Import one function: 'date-fns/subHours'." }] },
      ],
      'no-console': 'error',
      eqeqeq: 'error',
    },
  },
  {
    files: ['src/**/*.{ts,tsx}', 'jobs/**/*.ts'],
    ignores: ['src/config/**'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'process', property: 'env', message: 'src/config is the only reader of the environment.' },
      ],
    },
  },
  {
    files: ['test/**/*.ts', 'bench/**/*.ts'],
    rules: { '@typescript-eslint/no-non-null-assertion': 'off' },
  },
  {
    // Runs in browsers as it stands; checked by its own tsconfig.json.
    files: ['src/web/browser/*.js'],
    languageOptions: {
      globals: Object.fromEntries(
        ['document', 'window', 'location', 'navigator', 'fetch', 'DOMParser', 'setTimeout', 'clearTimeout']
          .concat([
            'HTMLElement',
            'HTMLFormElement',
            'ResizeObserver',
            'AbortSignal',
            'Element',
            'URLSearchParams',
            'FormData',
            'URL',
          ])
          .map((name) => [name, 'readonly']),
      ),
    },
  },
  {
    files: ['**/*.cjs', '**/*.mjs', 'eslint.config.js'],
    languageOptions: {
      globals: { process: 'readonly', module: 'writable', console: 'readonly', require: 'readonly' },
    },
  },
);
