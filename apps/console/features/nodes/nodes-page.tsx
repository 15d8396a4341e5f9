// The servers that SENA knows, filtered by the same selector that a run takes.
'use client';
import type { Node } from '@sena/contracts/http/fleet';
import { ProblemError } from '@sena/sdk/problem-error';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { EmptyState } from '@sena/ui/empty-state';
import { Input } from '@sena/ui/input';
import { Select } from '@sena/ui/select';
import { createColumnHelper } from '@tanstack/react-table';
import { MessageCircleQuestion, Plus, SearchX, Server } from 'lucide-react';
import Link from 'next/link';
import { useSearchParams } from 'next/navigation';
import { useState } from 'react';
import { useDebounced } from '../ask/use-debounced.ts';
import { useSites } from '../satellites/use-sites.ts';
import { useMayManageFleet } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { AddNodeDialog } from './add-node-dialog.tsx';
import { DeleteNodeButton } from './delete-node-button.tsx';
import { useNodeList } from './use-nodes.ts';

const column = createColumnHelper<typeof listFeatures, Node>();

function nodeColumns(onLabel: (label: string) => void, mayManage: boolean) {
  return column.columns([
    column.display({
      id: 'name',
      header: 'Node',
      cell: ({ row }) => (
        <div className="flex flex-col items-start gap-1">
          <span className="font-mono text-[0.8125rem] font-medium whitespace-nowrap">{row.original.name}</span>
          <div className="flex flex-col items-start gap-1 md:hidden">
            <span className="text-xs break-all text-muted-foreground">
              {row.original.site.name} · <span className="font-mono">{addressOf(row.original)}</span>
            </span>
            <Labels labels={row.original.labels} onLabel={onLabel} />
          </div>
        </div>
      ),
    }),
    column.display({
      id: 'site',
      header: 'Site',
      cell: ({ row }) => <span className="whitespace-nowrap">{row.original.site.name}</span>,
    }),
    column.display({
      id: 'labels',
      header: 'Labels',
      cell: ({ row }) => <Labels labels={row.original.labels} onLabel={onLabel} />,
    }),
    column.display({
      id: 'address',
      header: 'Address',
      cell: ({ row }) => (
        <code className="font-mono text-xs whitespace-nowrap text-muted-foreground">{addressOf(row.original)}</code>
      ),
    }),
    column.display({
      id: 'hostKey',
      header: 'Host key',
      cell: ({ row }) =>
        row.original.hostKey === null ? (
          <span className="text-xs text-muted-foreground">kept by the satellite</span>
        ) : (
          <code
            className="block max-w-32 truncate font-mono text-xs text-muted-foreground"
            title={row.original.hostKey}
          >
            {row.original.hostKey}
          </code>
        ),
    }),
    column.display({
      id: 'actions',
      header: () => <span className="sr-only">Actions</span>,
      cell: ({ row }) => (
        <span className="flex items-center justify-end gap-1">
          <Button asChild size="sm" variant="ghost">
            <Link
              href={`/?selector=${encodeURIComponent(`name=${row.original.name}`)}`}
              aria-label={`Ask ${row.original.name}`}
            >
              Ask it
            </Link>
          </Button>
          {mayManage && <DeleteNodeButton node={row.original} />}
        </span>
      ),
    }),
  ]);
}

function addressOf(node: Node): string {
  return `${node.runAs}@${node.address}:${node.port}`;
}

function Labels({ labels, onLabel }: { labels: Node['labels']; onLabel: (label: string) => void }) {
  return (
    <span className="flex flex-wrap gap-1 md:min-w-40">
      {Object.entries(labels).map(([key, value]) => (
        <button key={key} type="button" className="rounded-md" onClick={() => onLabel(`${key}=${value}`)}>
          <Badge tone="outline" className="font-mono font-normal hover:bg-muted">
            {key}={value}
          </Badge>
        </button>
      ))}
    </span>
  );
}

export function NodesPage() {
  const params = useSearchParams();
  const mayManage = useMayManageFleet();
  const [selector, setSelector] = useState(params.get('selector') ?? '');
  const [siteId, setSiteId] = useState<string | null>(params.get('site'));
  const [adding, setAdding] = useState(false);
  const rested = useDebounced(selector.trim(), 400);
  const sites = useSites();
  const list = useNodeList({ selector: rested, siteId });
  const [columns] = useState(() => nodeColumns(addTerm, mayManage));
  const refused = list.error instanceof ProblemError && list.error.code === 'invalid_selector' ? list.error : null;
  const filtered = rested !== '' || siteId !== null;

  function addTerm(term: string) {
    setSelector((current) => {
      if (current.trim() === '' || current.trim() === '*') return term;
      return current.includes(term) ? current : `${current.trim()} and ${term}`;
    });
  }

  return (
    <Page
      title="Nodes"
      description="The servers that your satellites reach over SSH. Pick them by labels and names, here and in a run."
      actions={
        mayManage && (
          <Button onClick={() => setAdding(true)}>
            <Plus aria-hidden /> Add a node
          </Button>
        )
      }
    >
      <div className="flex flex-wrap items-start gap-2">
        <div className="min-w-0 flex-1 basis-64">
          <Input
            aria-label="Filter by selector"
            aria-invalid={refused !== null ? true : undefined}
            aria-describedby={refused !== null ? 'selector-problem' : undefined}
            data-slash-focus
            value={selector}
            onChange={(event) => setSelector(event.target.value)}
            placeholder="role=web and rack=a"
            className="font-mono text-[0.8125rem] placeholder:font-sans"
            spellCheck={false}
            autoComplete="off"
            autoCapitalize="off"
            maxLength={2_000}
          />
          {refused !== null && (
            <p id="selector-problem" role="alert" className="mt-1.5 text-[0.8125rem] text-danger">
              {refused.message}
            </p>
          )}
        </div>
        <Select
          label="Site"
          className="w-44"
          value={siteId ?? 'all'}
          onValueChange={(value) => setSiteId(value === 'all' ? null : value)}
          options={[
            { value: 'all', label: 'Every site' },
            ...(sites.data ?? []).map((site) => ({ value: site.id, label: site.name })),
          ]}
        />
        <Button asChild>
          <Link href={rested === '' ? '/' : `/?selector=${encodeURIComponent(rested)}`}>
            <MessageCircleQuestion aria-hidden /> {rested === '' ? 'Ask them all' : 'Ask these'}
          </Link>
        </Button>
      </div>
      {refused === null && (
        <DataTable
          label="Nodes"
          wideOnly={['site', 'labels', 'address', 'hostKey']}
          columns={columns}
          list={list}
          empty={
            filtered ? (
              <EmptyState
                icon={<SearchX />}
                title="No node is like that"
                action={
                  <Button
                    onClick={() => {
                      setSelector('');
                      setSiteId(null);
                    }}
                  >
                    Show every node
                  </Button>
                }
              >
                Loosen the selector, or look at another site.
              </EmptyState>
            ) : (
              <EmptyState
                icon={<Server />}
                title="No nodes yet"
                action={
                  mayManage && (
                    <>
                      <Button variant="primary" onClick={() => setAdding(true)}>
                        <Plus aria-hidden /> Add a node
                      </Button>
                      <Button asChild>
                        <Link href="/satellites?add">Add a satellite first</Link>
                      </Button>
                    </>
                  )
                }
              >
                {mayManage
                  ? 'A node is a server that a satellite reaches over SSH. Add one with its address and labels; its key stays with the satellite.'
                  : 'A node is a server that a satellite reaches over SSH. An admin or the owner of the organization adds them.'}
              </EmptyState>
            )
          }
        />
      )}
      <AddNodeDialog open={adding} onOpenChange={setAdding} />
    </Page>
  );
}
