// One window of a stream's bytes. While the command still runs it looks again every 5 s.
import { readOutput } from '@sena/sdk/read-output';
import { useQuery } from '@tanstack/react-query';
import { apiBaseUrl } from '../api/sena-client.ts';

export const windowBytes = 64 * 1024;

interface OutputWindowOptions {
  executionId: string;
  stream: 'stdout' | 'stderr';
  offset: number;
  isRunning: boolean;
}

export function useOutputWindow({ executionId, stream, offset, isRunning }: OutputWindowOptions) {
  return useQuery({
    queryKey: ['output', executionId, stream, offset],
    queryFn: ({ signal }) =>
      readOutput({ baseUrl: apiBaseUrl, executionId, stream, offset, lengthBytes: windowBytes, signal }),
    staleTime: isRunning ? 2_000 : 60_000,
    refetchInterval: isRunning ? 5_000 : false,
    placeholderData: (previous, query) =>
      // Another window of the same stream may stand in for a moment; another node's output never.
      query?.queryKey[1] === executionId && query.queryKey[2] === stream ? previous : undefined,
  });
}
