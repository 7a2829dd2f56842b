import { defineConfig } from 'prisma/config';

/** For the prisma CLI only (generate, format): the program applies its migrations itself (src/store/migrate.ts). */
export default defineConfig({
  schema: 'schema.prisma',
  migrations: { path: 'migrations' },
});
