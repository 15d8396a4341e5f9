// The organizations that one belongs to; moving to another one.
import { takeData } from '@sena/sdk/take-data';
import { notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQuery } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';

export function useOrganizations() {
  const organizations = useQuery({
    queryKey: ['organizations'],
    queryFn: ({ signal }) => takeData(sena.GET('/v1/organizations', { signal })),
    staleTime: 60_000,
  });
  const select = useMutation({
    mutationFn: (id: string) => takeData(sena.POST('/v1/organizations/{id}/select', { params: { path: { id } } })),
    // Nothing of one organization stays on the screen of another.
    onSuccess: () => window.location.assign('/'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
  });
  return { organizations: organizations.data?.items ?? [], select };
}
