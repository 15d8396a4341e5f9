// The inbox: what waits for a decision, oldest need first to read, and what was decided.
'use client';
import type { ApprovalStatus } from '@sena/contracts/http/approvals';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { EmptyState } from '@sena/ui/empty-state';
import { Segmented } from '@sena/ui/segmented';
import { Skeleton } from '@sena/ui/skeleton';
import { Inbox } from 'lucide-react';
import Link from 'next/link';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { Page } from '../shell/page.tsx';
import { ApprovalPanel } from './approval-panel.tsx';
import { useApprovalList } from './use-approvals.ts';

type Filter = Extract<ApprovalStatus, 'pending' | 'approved' | 'rejected' | 'expired'>;

export function ApprovalsPage() {
  const [filter, setFilter] = useState<Filter>('pending');
  const list = useApprovalList(filter);
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
      {list.rows === undefined ? (
        list.error !== null && !list.isFetching ? (
          <FailureNotice error={list.error} onRetry={list.refetch} />
        ) : (
          <Card className="flex flex-col gap-3 p-4" role="status" aria-label="Loading approvals">
            <Skeleton className="h-5 w-56" />
            <Skeleton className="h-16 w-full" />
            <Skeleton className="h-8 w-40" />
          </Card>
        )
      ) : (
        <>
          {list.error !== null && <FailureNotice error={list.error} onRetry={list.refetch} />}
          {list.rows.length === 0 && <NoApprovals filter={filter} />}
          {list.rows.map((approval) => (
            <ApprovalPanel key={approval.id} approval={approval} linkToRun />
          ))}
          {list.hasNextPage && (
            <Button className="self-center" busy={list.isFetchingNextPage} onClick={list.fetchNextPage}>
              Load more
            </Button>
          )}
        </>
      )}
    </Page>
  );
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
