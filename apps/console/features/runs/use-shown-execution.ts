// Which execution's output lies open beside the run: kept in the address, so it can be sent to somebody.
import { usePathname, useRouter, useSearchParams } from 'next/navigation';
import { useCallback } from 'react';

export function useShownExecution(): { shownId: string | null; show: (executionId: string | null) => void } {
  const router = useRouter();
  const pathname = usePathname();
  const shownId = useSearchParams().get('output');
  const show = useCallback(
    (executionId: string | null) => {
      const address = executionId === null ? pathname : `${pathname}?output=${encodeURIComponent(executionId)}`;
      router.replace(address, { scroll: false });
    },
    [router, pathname],
  );
  return { shownId, show };
}
