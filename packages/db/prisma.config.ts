// Read by the Prisma CLI for `generate` only; migrations are applied by src/apply-migrations.ts.
import { defineConfig } from 'prisma/config';

export default defineConfig({ schema: 'prisma/schema.prisma' });
