import { barStarts } from '../../../src/web/view/income/bar-starts';

describe('the bars of the Income page', () => {
  test('include days without income', () => {
    expect(barStarts({ from: '2024-02-28', to: '2024-03-02', by: 'day' }, [])).toEqual([
      '2024-02-28',
      '2024-02-29',
      '2024-03-01',
      '2024-03-02',
    ]);
  });

  test('include the month of the first day', () => {
    expect(barStarts({ from: '2025-11-30', to: '2026-01-01', by: 'month' }, [])).toEqual([
      '2025-11-01',
      '2025-12-01',
      '2026-01-01',
    ]);
  });

  test('show a month that begins before the period once', () => {
    const points = [{ start: '2025-11-01' }, { start: '2025-12-01' }];
    expect(barStarts({ from: '2025-11-15', to: '2025-12-31', by: 'month' }, points)).toEqual([
      '2025-11-01',
      '2025-12-01',
    ]);
  });

  test('are none for a period that ends before it begins', () => {
    expect(barStarts({ from: '2026-02-02', to: '2026-02-01', by: 'day' }, [])).toEqual([]);
  });

  test('are limited in number, however long the period', () => {
    expect(barStarts({ from: '1970-01-01', to: '2026-01-01', by: 'day' }, [])).toHaveLength(1_200);
  });
});
