import type { Metadata } from 'next';
import { RunPage } from '../../../../features/runs/run-page.tsx';

export const metadata: Metadata = { title: 'Run' };

export default async function RunRoute({ params }: PageProps<'/runs/[runId]'>) {
  const { runId } = await params;
  // A new run is a new page: nothing of the last one's stream may linger.
  return <RunPage key={runId} runId={runId} />;
}
