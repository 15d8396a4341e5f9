// A list of rows from the API: loading, empty, failed, and page after page by its cursor. Columns are TanStack's.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { classNames } from '@sena/ui/class-names';
import { Skeleton } from '@sena/ui/skeleton';
import { Table, TableCell, TableHead, TableRow } from '@sena/ui/table';
import { type ColumnDef, type RowData, tableFeatures, useTable } from '@tanstack/react-table';
import type { ReactNode } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';

/** Rows come sorted and filtered by the API, so the table adds no features of its own. */
export const listFeatures = tableFeatures({});
export type ListColumns<Row extends RowData> = ReadonlyArray<ColumnDef<typeof listFeatures, Row>>;

export interface ListQuery<Row> {
  rows: Row[] | undefined;
  error: unknown;
  isFetching: boolean;
  hasNextPage: boolean;
  isFetchingNextPage: boolean;
  fetchNextPage: () => void;
  refetch: () => void;
}

interface DataTableProps<Row extends RowData & { id: string }> {
  label: string;
  columns: ListColumns<Row>;
  list: ListQuery<Row>;
  empty: ReactNode;
  /** Ids of columns that a narrow screen leaves out; what matters of them stands elsewhere in the row. */
  wideOnly?: readonly string[];
  /** Id of the column that takes the room the others leave, and is cut where there is too little. */
  grow?: string;
  /** Inside another card: no frame of its own. */
  bare?: boolean;
}

export function DataTable<Row extends RowData & { id: string }>(props: DataTableProps<Row>) {
  const content = <DataTableContent {...props} />;
  return props.bare === true ? content : <Card className="overflow-hidden">{content}</Card>;
}

const noRows: never[] = [];
const noColumns: readonly string[] = [];

function DataTableContent<Row extends RowData & { id: string }>({
  label,
  columns,
  list,
  empty,
  wideOnly = noColumns,
  grow,
}: DataTableProps<Row>) {
  const cellClass = (columnId: string) =>
    classNames(wideOnly.includes(columnId) && 'hidden md:table-cell', columnId === grow && 'w-full max-w-0 min-w-44');
  const table = useTable({
    features: listFeatures,
    columns: columns as ColumnDef<typeof listFeatures, Row>[],
    data: list.rows ?? noRows,
    getRowId: (row) => row.id,
  });

  if (list.rows === undefined) {
    if (list.error !== null && list.error !== undefined && !list.isFetching) {
      return <FailureNotice error={list.error} onRetry={list.refetch} className="m-4" />;
    }
    return <LoadingRows label={label} />;
  }
  if (list.rows.length === 0) return empty;

  return (
    <>
      {list.error !== null && list.error !== undefined && (
        <FailureNotice error={list.error} onRetry={list.refetch} className="m-4" />
      )}
      <Table label={label}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => (
                <TableHead key={header.id} className={cellClass(header.column.id)}>
                  <table.FlexRender header={header} />
                </TableHead>
              ))}
            </tr>
          ))}
        </thead>
        <tbody>
          {table.getRowModel().rows.map((row) => (
            <TableRow key={row.id}>
              {row.getAllCells().map((cell) => (
                <TableCell key={cell.id} className={cellClass(cell.column.id)}>
                  <table.FlexRender cell={cell} />
                </TableCell>
              ))}
            </TableRow>
          ))}
        </tbody>
      </Table>
      {list.hasNextPage && (
        <div className="border-t border-border p-2 text-center">
          <Button variant="ghost" size="sm" busy={list.isFetchingNextPage} onClick={list.fetchNextPage}>
            Load more
          </Button>
        </div>
      )}
    </>
  );
}

function LoadingRows({ label }: { label: string }) {
  return (
    <div role="status" aria-label={`Loading: ${label}`} className="flex flex-col gap-4 p-4">
      {[80, 64, 72, 56, 68].map((width) => (
        <div key={width} className="flex items-center gap-4">
          <Skeleton className="h-4 w-20" />
          <div className="flex-1">
            <Skeleton className={loadingWidths[width] ?? 'h-4 w-1/2'} />
          </div>
          <Skeleton className="hidden h-4 w-16 sm:block" />
        </div>
      ))}
    </div>
  );
}

const loadingWidths: Record<number, string> = {
  80: 'h-4 w-4/5',
  64: 'h-4 w-3/5',
  72: 'h-4 w-3/4',
  56: 'h-4 w-1/2',
  68: 'h-4 w-2/3',
};
