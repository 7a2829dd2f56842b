import { readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'dotenv';
import { loadConfig } from '../../../src/config/load';
import { listVariables } from '../../../src/config/variables';
import { STREAMS } from '../../../src/sync/registry';

const VARIABLES = listVariables(STREAMS.all);
const VARIABLE_NAMES = Object.keys(VARIABLES);
const EXAMPLE = path.join(__dirname, '../../../.env.example');
const lines = readFileSync(EXAMPLE, 'utf8').split('\n');
const assignments = lines.flatMap((line, index) => {
  const match = /^(#?)([A-Z_]+)=(.*)$/.exec(line);
  return match === null
    ? []
    : [{ isActive: match[1] === '', name: match[2]!, text: match[3]!, above: lines[index - 1]! }];
});

describe('.env.example', () => {
  test('holds every variable once, and no other', () => {
    expect(assignments.map(({ name }) => name).sort()).toEqual([...VARIABLE_NAMES].sort());
  });

  test('asks for three lines first, and for nothing else', () => {
    const active = ['KUCOIN_POOL_API_KEY', 'KUCOIN_POOL_API_SECRET', 'KUCOIN_POOL_API_PASSPHRASE'];
    expect(assignments.slice(0, 3).map(({ name }) => name)).toEqual(active);
    expect(assignments.filter(({ isActive }) => isActive).map(({ name }) => name)).toEqual(active);
  });

  test.each(assignments)('explains $name in the line above it', ({ above }) => {
    expect(above).toMatch(/^# \S.*\.$/);
  });

  test.each(VARIABLE_NAMES)('shows the true default of %s', (name) => {
    expect(assignments.find((assignment) => assignment.name === name)?.text).toBe(
      VARIABLES[name]!.defaultText ?? '',
    );
  });

  test('means the same uncommented as an empty file', () => {
    const uncommented = parse(lines.map((line) => line.replace(/^#(?=[A-Z_]+=)/, '')).join('\n'));
    const options = { streams: STREAMS.all };
    expect(loadConfig(uncommented, options)).toEqual(loadConfig({}, options));
  });
});

describe('docker-compose.yml', () => {
  const compose = readFileSync(path.join(__dirname, '../../../docker-compose.yml'), 'utf8');

  test('needs only what .env.example explains', () => {
    const names = [...compose.matchAll(/\$\{([A-Z_]+)/g)].map(([, name]) => name);
    expect(names.filter((name) => !VARIABLE_NAMES.some((known) => known === name))).toEqual([]);
  });

  test('puts no secret into an address', () => expect(compose).not.toMatch(/:\/\/\S*\$\{/));
});
