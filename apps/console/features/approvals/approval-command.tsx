// One command of an approval, exactly: its text, where and as whom, in which shell, with which environment and limits.
'use client';
import type { Approval } from '@sena/contracts/http/approvals';
import { CodeBlock } from '@sena/ui/code-block';
import { Notice } from '@sena/ui/notice';
import { formatBytes, formatCount, formatDuration } from '../time/format-time.ts';
import { ApprovalNodes } from './approval-nodes.tsx';
import { MarkedCommand } from './marked-command.tsx';

interface ApprovalCommandProps {
  approvalId: string;
  command: Approval['commands'][number];
}

export function ApprovalCommand({ approvalId, command }: ApprovalCommandProps) {
  const variables = Object.entries(command.environment);
  const deleted = command.nodes.filter((node) => node.isDeleted).map((node) => node.name);
  const deletedNamed = deleted.slice(0, 5).join(', ') + (deleted.length > 5 ? ` and ${deleted.length - 5} more` : '');
  return (
    <div className="flex flex-col gap-2">
      <p className="text-[0.8125rem] text-muted-foreground">
        On {formatCount(command.nodeCount, 'node')}, exactly this:
      </p>
      <CodeBlock size="sm" label="The exact command" className="max-h-96">
        <MarkedCommand text={command.command} escapes={command.escapes} />
      </CodeBlock>
      {command.escapes.length > 0 && (
        <Notice tone="warning" title={`${formatCount(command.escapes.length, 'character')} shown as an escape`}>
          They can’t be seen, or can be taken for others. Read the marked places before you decide.
        </Notice>
      )}
      <dl className="flex flex-wrap gap-x-6 gap-y-1 text-xs text-muted-foreground [&_dd]:inline [&_dt]:inline">
        <div>
          <dt>Shell </dt>
          <dd>
            <code className="font-mono text-foreground">{command.shell} -c</code>
          </dd>
        </div>
        <div>
          <dt>Environment </dt>
          <dd className="text-foreground">
            cleared; SENA’s own PATH, HOME, login name and locale
            {variables.length > 0 && (
              <>
                , and{' '}
                <code className="font-mono break-all">
                  {variables.map(([key, value]) => `${key}=${value}`).join(' ')}
                </code>
              </>
            )}
          </dd>
        </div>
        <div>
          <dt>Stopped after </dt>
          <dd className="text-foreground">
            {formatDuration(command.limits.timeoutMs)}
            {command.limits.nodeWaitMs !== undefined &&
              `, nodes waited for ${formatDuration(command.limits.nodeWaitMs)}`}
          </dd>
        </div>
        <div>
          <dt>Keeps at most </dt>
          <dd className="text-foreground">{formatBytes(command.limits.outputBytesMax)} of each stream</dd>
        </div>
      </dl>
      {deleted.length > 0 && (
        <Notice tone="danger" title={`${deletedNamed} ${deleted.length === 1 ? 'was' : 'were'} deleted meanwhile`}>
          An approval is over exactly its nodes: even if you approve, nothing runs. Reject it, and ask again for the
          nodes that are left.
        </Notice>
      )}
      <ApprovalNodes approvalId={approvalId} step={command.step} nodes={command.nodes} total={command.nodeCount} />
    </div>
  );
}
