/** What programs import from this package: `import { openLedger } from 'kucoin-pool-sync'`. */
export {
  openLedger,
  type IncomeItem,
  type IncomeQuery,
  type IncomeTotal,
  type Ledger,
  type MachineState,
} from './report/open-ledger';
export type { ReportViews } from './store/client';
