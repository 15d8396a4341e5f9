// Reads a list of the API to its end, page by page.
// Sends GET requests only.
import { pageSchema } from '@sena/contracts/http/page';
import type { z } from 'zod';
import { type ApiAccess, callApi } from './call-api.ts';

/** `path` without a query. */
export async function listAll<T extends z.ZodType>(
  access: ApiAccess,
  path: string,
  item: T,
): Promise<Array<z.infer<T>>> {
  const items: Array<z.infer<T>> = [];
  let cursor: string | null = null;
  do {
    const query = new URLSearchParams({ limit: '500', ...(cursor === null ? {} : { cursor }) });
    const page = await callApi(access, { method: 'GET', path: `${path}?${query}`, answer: pageSchema(item) });
    items.push(...(page.items as Array<z.infer<T>>));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return items;
}
