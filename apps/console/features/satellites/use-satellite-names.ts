// What the satellites are called, by id, for places that know only the id.
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';
import { satellitesKey } from './use-satellites.ts';

const nobody: ReadonlyMap<string, string> = new Map();

/** Empty until they are known. */
export function useSatelliteNames(): ReadonlyMap<string, string> {
  const query = useQuery({
    queryKey: [...satellitesKey, 'names'],
    queryFn: async ({ signal }) => {
      const page = await takeData(sena.GET('/v1/satellites', { params: { query: { limit: 500 } }, signal }));
      return new Map(page.items.map((satellite) => [satellite.id, satellite.name]));
    },
    staleTime: 60_000,
  });
  return query.data ?? nobody;
}
