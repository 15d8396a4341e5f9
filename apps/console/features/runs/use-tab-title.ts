// The browser's tab says how the run stands, so that one may look elsewhere meanwhile.

import { judgeRun, verdictWords } from '@sena/contracts/domain/judge-run';
import type { Run } from '@sena/contracts/http/runs';
import { useEffect } from 'react';
import { runStatusWords } from './run-status-badge.tsx';
import { runTitle } from './run-title.ts';

export function useTabTitle(run: Run | undefined): void {
  const title =
    run === undefined ? null : `${verdictWords(judgeRun(run)) ?? runStatusWords[run.status]}: ${runTitle(run)} · SENA`;
  useEffect(() => {
    if (title !== null) document.title = title;
  }, [title]);
}
