// The organization's policies; saving one and deleting one, each with the version that was looked at.
import type { Policy } from '@sena/contracts/http/policy';
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';

const policiesKey = ['policies'] as const;
/** More than an organization may have. */
const pageMax = 500;

export function usePolicies() {
  return useQuery({
    queryKey: policiesKey,
    queryFn: ({ signal }) => takeData(sena.GET('/v1/policies', { params: { query: { limit: pageMax } }, signal })),
  });
}

export function useSavePolicy() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ name, text, version }: Pick<Policy, 'name' | 'text'> & { version: number | null }) =>
      takeData(sena.PUT('/v1/policies/{name}', { params: { path: { name } }, body: { text, version } })),
    onSuccess: ({ name, version }) => notifyDone(`${name} holds from now on`, `It is version ${version}.`),
    onSettled: () => queryClient.invalidateQueries({ queryKey: policiesKey }),
  });
}

export function useDeletePolicy() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ name, version }: Pick<Policy, 'name' | 'version'>) =>
      takeData(sena.DELETE('/v1/policies/{name}', { params: { path: { name }, query: { version } } })),
    onSuccess: (_, { name }) => notifyDone(`${name} was deleted`, 'The other rules hold. Its versions are kept.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () => queryClient.invalidateQueries({ queryKey: policiesKey }),
  });
}
