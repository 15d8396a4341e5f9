// Where an approved command would run: each node with its address, login, credential, host key, site and satellite. A few at once, all
// of them on request, page by page; never a silent cut.
'use client';
import type { ApprovalNode } from '@sena/contracts/http/approvals';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Input } from '@sena/ui/input';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { formatCount } from '../time/format-time.ts';
import { useApproval } from './use-approvals.ts';

const foldedMax = 4;
const pageSize = 50;

interface ApprovalNodesProps {
  approvalId: string;
  step: string;
  /** The first of them, or all. */
  nodes: readonly ApprovalNode[];
  total: number;
}

export function ApprovalNodes({ approvalId, step, nodes, total }: ApprovalNodesProps) {
  const [open, setOpen] = useState(false);
  if (open) return <AllNodes approvalId={approvalId} step={step} first={nodes} total={total} />;
  const visible = total > foldedMax ? nodes.slice(0, foldedMax) : nodes;
  return (
    <div className="flex flex-col gap-2">
      <NodeList nodes={visible} />
      {total > visible.length && (
        <Button size="sm" className="self-start" onClick={() => setOpen(true)}>
          Show all {formatCount(total, 'node')}
        </Button>
      )}
    </div>
  );
}

interface AllNodesProps {
  approvalId: string;
  step: string;
  first: readonly ApprovalNode[];
  total: number;
}

function AllNodes({ approvalId, step, first, total }: AllNodesProps) {
  const isWhole = first.length >= total;
  const whole = useApproval(approvalId, { enabled: !isWhole });
  const [sought, setSought] = useState('');
  const [page, setPage] = useState(0);
  const all = isWhole ? first : whole.data?.commands.find((command) => command.step === step)?.nodes;
  if (all === undefined) {
    if (whole.error !== null) return <FailureNotice error={whole.error} onRetry={() => void whole.refetch()} />;
    return (
      <div className="flex flex-col gap-2">
        <NodeList nodes={first.slice(0, foldedMax)} />
        <Button size="sm" className="self-start" busy>
          Show all {formatCount(total, 'node')}
        </Button>
      </div>
    );
  }
  const term = sought.trim().toLowerCase();
  const found = term === '' ? all : all.filter((node) => textOf(node).includes(term));
  const pages = Math.max(1, Math.ceil(found.length / pageSize));
  const at = Math.min(page, pages - 1);
  const shown = found.slice(at * pageSize, (at + 1) * pageSize);
  return (
    <div className="flex flex-col gap-2">
      <div className="flex flex-wrap items-center gap-2">
        {total > pageSize && (
          <Input
            aria-label="Find among these nodes"
            placeholder="Find by name, address, login, site…"
            className="h-8 max-w-64 min-w-0 flex-1"
            value={sought}
            onChange={(event) => {
              setSought(event.target.value);
              setPage(0);
            }}
          />
        )}
        <span role="status" className="text-xs text-muted-foreground tabular-nums">
          {found.length === 0
            ? 'No node is like that.'
            : `${(at * pageSize + 1).toLocaleString('en')}–${(at * pageSize + shown.length).toLocaleString('en')} of ${formatCount(found.length, 'node')}`}
        </span>
        {pages > 1 && (
          <span className="flex gap-1">
            <Button size="sm" disabled={at === 0} onClick={() => setPage(at - 1)}>
              Previous
            </Button>
            <Button size="sm" disabled={at === pages - 1} onClick={() => setPage(at + 1)}>
              Next
            </Button>
          </span>
        )}
      </div>
      <NodeList nodes={shown} />
    </div>
  );
}

function textOf(node: ApprovalNode): string {
  return `${node.name} ${addressOf(node)} ${node.credential} ${node.hostKey ?? ''} ${node.site} ${node.satellite.name}`.toLowerCase();
}

function addressOf(node: ApprovalNode): string {
  const host = node.address.includes(':') ? `[${node.address}]` : node.address;
  return `${node.runAs}@${host}:${node.port}`;
}

export function NodeList({ nodes }: { nodes: readonly ApprovalNode[] }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label="Nodes" tabIndex={0} className="max-h-[28rem] overflow-y-auto rounded-lg border border-border">
      <ul className="divide-y divide-border">
        {nodes.map((node) => (
          <li key={node.id} className="flex flex-col gap-0.5 px-3 py-2">
            <span className="flex flex-wrap items-baseline gap-x-3 font-mono text-[0.8125rem]">
              <span className="font-medium">{node.name}</span>
              <span className="break-all text-muted-foreground">{addressOf(node)}</span>
              {node.isDeleted && <Badge tone="danger">Deleted</Badge>}
            </span>
            <span className="flex flex-wrap gap-x-3 text-xs text-muted-foreground">
              <span>
                site {node.site}, through {node.satellite.name}
              </span>
              <span>
                credential <code className="font-mono">{node.credential}</code>
              </span>
              <span className="break-all">
                host key{' '}
                {node.hostKey === null ? (
                  'as the satellite has it on record'
                ) : (
                  <code className="font-mono">{node.hostKey}</code>
                )}
              </span>
            </span>
          </li>
        ))}
      </ul>
    </section>
  );
}
