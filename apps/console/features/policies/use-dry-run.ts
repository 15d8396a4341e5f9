// What the policies would say, with a text as if it were saved. Runs nothing, saves nothing.
import type { Proposer } from '@sena/contracts/domain/policy';
import type { Role } from '@sena/contracts/domain/principal';
import { takeData } from '@sena/sdk/take-data';
import { useQuery } from '@tanstack/react-query';
import { sena } from '../api/sena-client.ts';

export interface DryRun {
  command: string;
  selector: string;
  role: Role;
  proposer: Proposer;
  /** Null: the policies as they are. */
  draft: { name: string; text: string } | null;
}

/** Does nothing, so that a text can be looked at without a command. */
const nothing = 'true';

export function useDryRun({ command, selector, role, proposer, draft }: DryRun) {
  return useQuery({
    queryKey: ['policies', 'dry-run', command, selector, role, proposer, draft],
    queryFn: ({ signal }) =>
      takeData(
        sena.POST('/v1/policy/evaluations', {
          body: {
            command: command === '' ? nothing : command,
            role,
            proposer,
            ...(selector === '' ? {} : { selector }),
            ...(draft === null ? {} : { draft }),
          },
          signal,
        }),
      ),
    enabled: command !== '' || draft !== null,
    staleTime: 30_000,
    placeholderData: (previous) => previous,
    retry: false,
  });
}
