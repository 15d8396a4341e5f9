// Where I am signed in; ending one of them.
import type { Session } from '@sena/contracts/http/sessions';
import { takeData } from '@sena/sdk/take-data';
import { notifyDone, notifyFailed } from '@sena/ui/toaster';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { describeFailure } from '../api/describe-failure.ts';
import { sena } from '../api/sena-client.ts';
import { useList } from '../table/use-list.ts';

const sessionsKey = ['sessions'] as const;

export function useSessionList() {
  return useList<Session>({
    key: sessionsKey,
    load: async (_cursor, signal) => {
      const { items } = await takeData(sena.GET('/v1/sessions', { signal }));
      return { items, nextCursor: null };
    },
    everyMs: 30_000,
  });
}

export function useEndSession() {
  const queryClient = useQueryClient();
  return useMutation({
    mutationFn: ({ id }: Session) => takeData(sena.DELETE('/v1/sessions/{id}', { params: { path: { id } } })),
    onSuccess: () => notifyDone('The session has ended', 'That browser is signed out.'),
    onError: (error) => notifyFailed(describeFailure(error).title, describeFailure(error).detail),
    onSettled: () => queryClient.invalidateQueries({ queryKey: sessionsKey }),
  });
}
