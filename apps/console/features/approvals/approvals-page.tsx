// The inbox: what waits for a decision, oldest need first to read, and what was decided.
'use client';
import type { Approval, ApprovalStatus } from '@sena/contracts/http/approvals';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { EmptyState } from '@sena/ui/empty-state';
import { Segmented } from '@sena/ui/segmented';
import { Skeleton } from '@sena/ui/skeleton';
import { ArrowUp, Inbox } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { Page } from '../shell/page.tsx';
import { formatCount } from '../time/format-time.ts';
import { ApprovalPanel } from './approval-panel.tsx';
import { useApproval, useApprovalList } from './use-approvals.ts';
import { useKeptPlaces } from './use-kept-places.ts';

type Filter = Extract<ApprovalStatus, 'pending' | 'approved' | 'rejected' | 'expired'>;

export function ApprovalsPage() {
  const [filter, setFilter] = useState<Filter>('pending');
  return (
    <Page
      title="Approvals"
      description="A command that may change something runs only after a second person has read it and agreed."
      className="max-w-4xl"
      actions={
        <Segmented
          label="Which approvals"
          value={filter}
          onChange={setFilter}
          options={[
            { value: 'pending', label: 'Waiting' },
            { value: 'approved', label: 'Approved' },
            { value: 'rejected', label: 'Rejected' },
            { value: 'expired', label: 'Expired' },
          ]}
        />
      }
    >
      <ApprovalList key={filter} filter={filter} />
    </Page>
  );
}

function ApprovalList({ filter }: { filter: Filter }) {
  const list = useApprovalList(filter);
  const { shown, newer, renew } = useKeptPlaces(list.rows);
  if (list.rows === undefined) {
    if (list.error !== null && !list.isFetching) return <FailureNotice error={list.error} onRetry={list.refetch} />;
    return (
      <Card className="flex flex-col gap-3 p-4" role="status" aria-label="Loading approvals">
        <Skeleton className="h-5 w-56" />
        <Skeleton className="h-16 w-full" />
        <Skeleton className="h-8 w-40" />
      </Card>
    );
  }
  const listed = new Set(list.rows.map((approval) => approval.id));
  return (
    <>
      {list.error !== null && <FailureNotice error={list.error} onRetry={list.refetch} />}
      {shown.length === 0 && <NoApprovals filter={filter} />}
      {shown.map((approval) => (
        <KeptApproval key={approval.id} approval={approval} isListed={listed.has(approval.id)} />
      ))}
      {list.hasNextPage && (
        <Button className="self-center" busy={list.isFetchingNextPage} onClick={list.fetchNextPage}>
          Load more
        </Button>
      )}
      {/* Over the page, not in it: what is being read and pressed stays where it is. */}
      {newer > 0 && (
        <div className="pointer-events-none fixed inset-x-0 bottom-4 z-30 flex justify-center md:pl-60">
          <Button
            className="pointer-events-auto shadow-float"
            onClick={() => {
              renew();
              window.scrollTo({ top: 0 });
            }}
          >
            <ArrowUp aria-hidden /> {formatCount(newer, 'newer approval')}
          </Button>
        </div>
      )}
    </>
  );
}

/** One that has left the list (decided, expired, void) stays on the page, as what became of it. */
function KeptApproval({ approval, isListed }: { approval: Approval; isListed: boolean }) {
  const left = useApproval(approval.id, { enabled: !isListed });
  return <ApprovalPanel approval={isListed ? approval : (left.data ?? approval)} linkToRun />;
}

function NoApprovals({ filter }: { filter: Filter }) {
  if (filter === 'pending') {
    return (
      <Card>
        <EmptyState
          icon={<Inbox />}
          title="Nothing waits for you"
          action={
            <Button asChild>
              <Link href="/?kind=command">Run a command</Link>
            </Button>
          }
        >
          When somebody runs a command that may change a node, it stops here until a second person has decided.
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card>
      <EmptyState icon={<Inbox />} title={`Nothing ${filter} yet`}>
        Decisions stay here, with who made them and why. The audit has them as well.
      </EmptyState>
    </Card>
  );
}
