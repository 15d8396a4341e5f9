// Starts a run. The same draft sent twice is the same run: the key belongs to what was written, and a new draft gets a new one.
import type { CreateRunBody } from '@sena/contracts/http/runs';
import { takeData } from '@sena/sdk/take-data';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { useRef } from 'react';
import { sena } from '../api/sena-client.ts';
import { runsKey } from '../runs/use-runs.ts';
import { newIdempotencyKey } from './new-idempotency-key.ts';

export function useCreateRun() {
  const router = useRouter();
  const queryClient = useQueryClient();
  const attempt = useRef<{ draft: string; key: string } | null>(null);
  return useMutation({
    mutationFn: (body: CreateRunBody) => {
      const draft = JSON.stringify(body);
      if (attempt.current?.draft !== draft) attempt.current = { draft, key: newIdempotencyKey() };
      return takeData(sena.POST('/v1/runs', { body, params: { header: { 'idempotency-key': attempt.current.key } } }));
    },
    onSuccess: (run) => {
      attempt.current = null;
      void queryClient.invalidateQueries({ queryKey: runsKey });
      router.push(`/runs/${run.id}`);
    },
  });
}
