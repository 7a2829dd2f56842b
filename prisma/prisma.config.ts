import { defineConfig } from 'prisma/config';
import external from './external-tables.json';

/** For the prisma CLI only (generate, format): the program applies its migrations itself (src/store/migrations/migrate.ts). */
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
  experimental: { externalTables: true },
  tables: { external },
});
