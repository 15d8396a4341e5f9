// The nodes of something, by name: a few at once, the rest on request, and never a silent cut.
'use client';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { useState } from 'react';
import { formatCount } from '../time/format-time.ts';

interface NodeNamesProps {
  nodes: ReadonlyArray<{ id: string; name: string }>;
  /** How many there are; more than `nodes` when the API sent only the first. */
  total: number;
  shown?: number;
}

export function NodeNames({ nodes, total, shown = 12 }: NodeNamesProps) {
  const [all, setAll] = useState(false);
  const visible = all ? nodes : nodes.slice(0, shown);
  const unlisted = total - nodes.length;
  return (
    <div className="flex max-h-48 flex-wrap items-center gap-1 overflow-y-auto">
      {visible.map((node) => (
        <Badge key={node.id} tone="outline" className="font-mono font-normal">
          {node.name}
        </Badge>
      ))}
      {nodes.length > visible.length && (
        <Button variant="link" size="inline" className="ml-1 text-xs" onClick={() => setAll(true)}>
          and {formatCount(nodes.length - visible.length, 'more', 'more')}
        </Button>
      )}
      {(all || nodes.length <= shown) && unlisted > 0 && (
        <span className="ml-1 text-xs text-muted-foreground">and {formatCount(unlisted, 'more node')}</span>
      )}
    </div>
  );
}
