// Deletes a node, after asking once more by its name. Says what stays and what is not taken back.
'use client';
import type { Node } from '@sena/contracts/http/fleet';
import { Button } from '@sena/ui/button';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { Trash2 } from 'lucide-react';
import { useDeleteNode } from './use-nodes.ts';

export function DeleteNodeButton({ node }: { node: Node }) {
  const remove = useDeleteNode();
  return (
    <ConfirmDialog
      trigger={
        <Button
          size="icon"
          variant="ghost"
          className="size-7 hover:text-danger"
          busy={remove.isPending}
          aria-label={`Delete ${node.name}`}
          title={`Delete ${node.name}`}
        >
          <Trash2 aria-hidden />
        </Button>
      }
      title={`Delete ${node.name}?`}
      description={
        <>
          SENA forgets <span className="font-mono break-all">{`${node.runAs}@${node.address}:${node.port}`}</span> at{' '}
          {node.site.name}; nothing is done on the server itself. What ran there stays in its runs. What is already
          under way ends as it ends, and an approval that names it runs nothing any more.
        </>
      }
      action={`Delete ${node.name}`}
      keep="Keep it"
      onConfirm={() => remove.mutate(node)}
    />
  );
}
