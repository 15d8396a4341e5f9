// What one command printed on one node, byte for byte, in windows: as inert text or as a hex dump.
'use client';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { Notice } from '@sena/ui/notice';
import { Segmented } from '@sena/ui/segmented';
import { Skeleton } from '@sena/ui/skeleton';
import { ChevronLeft, ChevronRight, Download } from 'lucide-react';
import { useMemo, useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { apiBaseUrl } from '../api/sena-client.ts';
import { formatBytes } from '../time/format-time.ts';
import { decodeWindow } from './decode-window.ts';
import { formatHex } from './format-hex.ts';
import { InertPieces } from './inert-text.tsx';
import { looksBinary, makeInert } from './make-inert.ts';
import { useOutputWindow } from './use-output-window.ts';

type View = 'text' | 'raw' | 'hex';
const piecesMax = 4_000;

export interface OutputViewerProps {
  executionId: string;
  stream: 'stdout' | 'stderr';
  isRunning: boolean;
  /** The satellite kept only the first part. */
  truncated: boolean;
  /** Bytes the command wrote; null when unknown. */
  writtenBytes: number | null;
}

export function OutputViewer({ executionId, stream, isRunning, truncated, writtenBytes }: OutputViewerProps) {
  const [offsets, setOffsets] = useState<readonly number[]>([0]);
  const [chosenView, setChosenView] = useState<View | null>(null);
  const offset = offsets.at(-1) ?? 0;
  const output = useOutputWindow({ executionId, stream, offset, isRunning });
  const stretch = output.data;

  const decoded = useMemo(() => {
    if (stretch === undefined) return null;
    const isEnd = stretch.totalBytes === null || stretch.offset + stretch.bytes.length >= stretch.totalBytes;
    const { text, nextOffset } = decodeWindow(stretch.bytes, stretch.offset, isEnd);
    const inert = makeInert(text, chosenView === 'raw' ? 'show' : 'hide');
    const isBinary = looksBinary(text, inert.unprintable) || inert.pieces.length > piecesMax;
    return { nextOffset, isEnd, inert, isBinary };
  }, [stretch, chosenView]);

  if (stretch === undefined || decoded === null) {
    if (output.error !== null) return <FailureNotice error={output.error} onRetry={() => void output.refetch()} />;
    return (
      <div role="status" aria-label="Loading the output" className="flex flex-col gap-2">
        <Skeleton className="h-4 w-2/3" />
        <Skeleton className="h-4 w-1/2" />
        <Skeleton className="h-4 w-3/5" />
      </div>
    );
  }

  const view = decoded.isBinary ? 'hex' : (chosenView ?? 'text');
  const isEmpty = stretch.bytes.length === 0 && offset === 0;
  const total = stretch.totalBytes ?? stretch.bytes.length;

  return (
    <div className="flex min-h-0 flex-1 flex-col gap-3">
      <div className="flex flex-wrap items-center justify-between gap-2">
        <Segmented
          label="How to show the output"
          value={view}
          onChange={setChosenView}
          options={[
            { value: 'text', label: 'Text' },
            { value: 'raw', label: 'With control characters' },
            { value: 'hex', label: 'Hex' },
          ]}
        />
        {!isEmpty && (
          <Button asChild size="sm">
            <a
              href={`${apiBaseUrl}/v1/executions/${encodeURIComponent(executionId)}/output?stream=${stream}`}
              download={`${executionId}.${stream}`}
            >
              <Download aria-hidden /> Download {formatBytes(total)}
            </a>
          </Button>
        )}
      </div>
      {truncated && (
        <Notice
          tone="warning"
          title={`Truncated: ${formatBytes(total)}${writtenBytes === null ? '' : ` of ${formatBytes(writtenBytes)}`} were kept`}
        >
          The command wrote more than the limit. Narrow it down (for example with <code>head</code> or <code>grep</code>
          ) to see the rest.
        </Notice>
      )}
      {decoded.isBinary && (
        <Notice tone="info" title="This is not text">
          Most of these bytes are no characters, so they are shown as a hex dump.
        </Notice>
      )}
      {output.error !== null && <FailureNotice error={output.error} onRetry={() => void output.refetch()} />}
      {isEmpty ? (
        <p className="rounded-lg border border-dashed border-border p-6 text-center text-sm text-muted-foreground">
          {isRunning ? `Nothing on ${stream} yet.` : `The command wrote nothing to ${stream}.`}
        </p>
      ) : (
        <CodeBlock label={stream} size="sm" wrap={view !== 'hex'} className="min-h-24 flex-1">
          {view === 'hex' ? formatHex(stretch.bytes, stretch.offset) : <InertPieces pieces={decoded.inert.pieces} />}
        </CodeBlock>
      )}
      <div className="flex flex-wrap items-center justify-between gap-2 text-xs text-muted-foreground">
        <span>
          {decoded.inert.hiddenSequences > 0 && view === 'text'
            ? `${decoded.inert.hiddenSequences} terminal sequences (colours, cursor moves) are not shown.`
            : ''}
        </span>
        {(offsets.length > 1 || !decoded.isEnd) && (
          <span className="flex items-center gap-2 tabular-nums">
            {stretch.offset.toLocaleString('en')}–{decoded.nextOffset.toLocaleString('en')} of{' '}
            {total.toLocaleString('en')} bytes
            <Button
              size="sm"
              disabled={offsets.length === 1}
              onClick={() => setOffsets((all) => (all.length > 1 ? all.slice(0, -1) : all))}
            >
              <ChevronLeft /> Previous
            </Button>
            <Button
              size="sm"
              disabled={decoded.isEnd || output.isPlaceholderData}
              onClick={() => setOffsets((all) => [...all, decoded.nextOffset])}
            >
              Next <ChevronRight />
            </Button>
          </span>
        )}
      </div>
    </div>
  );
}
