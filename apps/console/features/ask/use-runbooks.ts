// The runbooks that answer without a model, for the example questions.
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';

export function useRunbooks() {
  return useQuery({
    queryKey: ['runbooks'],
    queryFn: ({ signal }) => takeData(sena.GET('/v1/runbooks', { signal })),
    staleTime: 10 * 60_000,
  });
}
