import { replaceSections } from '../../../bench/figures-page';

const PAGE = `# Page

<!-- figures: npm run bench -- --write -->

### store

Old figures of the store.

### gone

A benchmark that there is no more.

### cli

Old figures of commands.

<!-- end of figures -->

The end.
`;

describe('the page of figures', () => {
  test('keeps figures that were not measured again', () => {
    const measured = new Map([
      ['cli', '### cli\n\nNew.'],
      ['pacing', '### pacing\n\nNew.'],
    ]);
    expect(replaceSections(PAGE, measured, ['pacing', 'store', 'cli'])).toBe(`# Page

<!-- figures: npm run bench -- --write -->

### pacing

New.

### store

Old figures of the store.

### cli

New.

<!-- end of figures -->

The end.
`);
  });

  test('names the mark that a page lacks', () => {
    expect(() => replaceSections('# Page', new Map(), [])).toThrow('lacks the line <!-- figures');
  });
});
