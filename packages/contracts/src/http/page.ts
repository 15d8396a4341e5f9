// Lists: `{items, nextCursor}`. A cursor is opaque; null means the end.
import { z } from 'zod';

export const pageQuerySchema = z.object({
  cursor: z.string().max(512).optional(),
  limit: z.coerce.number().int().min(1).max(500).default(100),
});
export type PageQuery = z.infer<typeof pageQuerySchema>;

export function pageSchema<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const timestampSchema = z.iso.datetime({ offset: true });
