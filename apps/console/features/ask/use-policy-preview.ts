// What SENA would say to a command, asked while it is being written. Runs nothing.
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';

export function usePolicyPreview(command: string, selector: string) {
  return useQuery({
    queryKey: ['policy', command, selector],
    queryFn: ({ signal }) =>
      takeData(
        sena.POST('/v1/policy/evaluations', {
          body: { command, ...(selector === '' ? {} : { selector }) },
          signal,
        }),
      ),
    enabled: command !== '',
    staleTime: 30_000,
    placeholderData: (previous) => previous,
  });
}
