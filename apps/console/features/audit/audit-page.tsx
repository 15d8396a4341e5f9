// Who did what, newest first, and where each record lies in the sealed chain.
'use client';
import type { AuditEvent } from '@sena/contracts/http/audit';
import { takeData } from '@sena/sdk/take-data';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { classNames } from '@sena/ui/class-names';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { EmptyState } from '@sena/ui/empty-state';
import { Sheet, SheetContent } from '@sena/ui/sheet';
import { createColumnHelper } from '@tanstack/react-table';
import { ScrollText } from 'lucide-react';
import { Fragment, useState } from 'react';
import { sena } from '../api/sena-client.ts';
import { InertText } from '../output/inert-text.tsx';
import { Page } from '../shell/page.tsx';
import { DataTable, type listFeatures } from '../table/data-table.tsx';
import { useList } from '../table/use-list.ts';
import { Ago } from '../time/ago.tsx';
import { formatExact } from '../time/format-time.ts';
import { describeActor, describeSubject, type Reference } from './describe-reference.ts';
import { ProofCard } from './proof-card.tsx';

const column = createColumnHelper<typeof listFeatures, AuditEvent>();

function auditColumns(onShow: (event: AuditEvent) => void) {
  return column.columns([
    column.display({
      id: 'at',
      header: 'When',
      cell: ({ row }) => (
        <span className="text-muted-foreground">
          <Ago at={row.original.at} />
        </span>
      ),
    }),
    column.display({
      id: 'action',
      header: 'What',
      cell: ({ row }) => (
        <span className="flex min-w-0 flex-col gap-0.5 max-md:w-30">
          <code className="font-mono text-[0.8125rem] break-words md:whitespace-nowrap">
            <ActionName action={row.original.action} />
          </code>
          <span className="line-clamp-3 text-xs break-words text-muted-foreground md:hidden">
            <InertText text={inWords(describeActor(row.original))} terminal="show" />:{' '}
            <InertText text={describeSubject(row.original).text} terminal="show" />
          </span>
        </span>
      ),
    }),
    column.display({
      id: 'actor',
      header: 'Who',
      cell: ({ row }) => <Named reference={describeActor(row.original)} />,
    }),
    column.display({
      id: 'subject',
      header: 'On what',
      cell: ({ row }) => <Named reference={describeSubject(row.original)} />,
    }),
    column.display({
      id: 'seal',
      header: 'Seal',
      cell: ({ row }) =>
        row.original.seq === null ? (
          <Badge tone="neutral">not sealed yet</Badge>
        ) : (
          <Badge tone="success" className="tabular-nums" title={row.original.hash ?? undefined}>
            no. {row.original.seq.toLocaleString('en')}
          </Badge>
        ),
    }),
    column.display({
      id: 'actions',
      header: () => <span className="sr-only">Details</span>,
      cell: ({ row }) => (
        <Button
          size="sm"
          variant="ghost"
          aria-label={`Details of ${row.original.action}`}
          onClick={() => onShow(row.original)}
        >
          Details
        </Button>
      ),
    }),
  ]);
}

/** Where it is too long for its line, it breaks between words. */
function ActionName({ action }: { action: string }) {
  return action.split(/(?<=[._])/).map((part, index) => (
    // The parts of one name never move: their place is their identity.
    <Fragment key={`${index}`}>
      {index > 0 && <wbr />}
      {part}
    </Fragment>
  ));
}

/** The name, with the id behind it; what has no name, or is gone, is its id. */
function Named({ reference }: { reference: Reference }) {
  const { text, kind, id, isNamed, withKey } = reference;
  const whole = inWords(reference);
  return (
    <span className="block max-w-52 min-w-0" title={isNamed ? `${whole}\n${id}` : whole}>
      <span
        className={classNames(
          'block truncate',
          isNamed ? 'text-[0.8125rem]' : 'font-mono text-xs text-muted-foreground',
        )}
      >
        <InertText text={text} terminal="show" />
      </span>
      {withKey !== '' && (
        <span className="block truncate text-xs text-muted-foreground">
          <InertText text={withKey.replace(/^, /, '')} terminal="show" />
        </span>
      )}
      {kind !== null && <span className="block text-xs text-muted-foreground">{kind}</span>}
    </span>
  );
}

export function AuditPage() {
  const [shown, setShown] = useState<AuditEvent | null>(null);
  const [columns] = useState(() => auditColumns(setShown));
  const list = useList({
    key: ['audit'],
    load: (cursor, signal) =>
      takeData(
        sena.GET('/v1/audit-events', {
          params: { query: { limit: 50, ...(cursor === undefined ? {} : { cursor }) } },
          signal,
        }),
      ),
    everyMs: 15_000,
  });
  return (
    <Page
      title="Audit"
      description="Every act, written together with its cause, then numbered and chained so that a changed record shows."
    >
      <ProofCard />
      <DataTable
        label="Audit events"
        wideOnly={['actor', 'subject', 'seal']}
        columns={columns}
        list={list}
        empty={
          <EmptyState icon={<ScrollText />} title="Nothing recorded yet">
            The first question, sign-in or change of the fleet appears here within a second.
          </EmptyState>
        }
      />
      <Sheet open={shown !== null} onOpenChange={(open) => (open ? undefined : setShown(null))}>
        {shown !== null && (
          <SheetContent side="right" title={shown.action} description={formatExact(shown.at)}>
            <Details event={shown} />
          </SheetContent>
        )}
      </Sheet>
    </Page>
  );
}

function Details({ event }: { event: AuditEvent }) {
  const facts: ReadonlyArray<readonly [name: string, id: string, called?: string]> = [
    ['Who', ...namedAndId(describeActor(event))],
    ...(event.actorKey === null ? [] : [['With key', event.actorKey.id, event.actorKey.name] as const]),
    ['On what', ...namedAndId(describeSubject(event))],
    ['Record', event.id],
    ['Place in the chain', event.seq === null ? 'not sealed yet' : event.seq.toLocaleString('en')],
    ['Hash', event.hash ?? 'not sealed yet'],
  ];
  const data = JSON.stringify(event.data, null, 2);
  return (
    <div className="flex flex-col gap-4 overflow-y-auto p-4">
      <dl className="grid grid-cols-[8rem_minmax(0,1fr)] gap-y-2 text-[0.8125rem]">
        {facts.map(([name, id, called]) => (
          <div key={name} className="contents">
            <dt className="text-muted-foreground">{name}</dt>
            <dd className="min-w-0">
              {called !== undefined && (
                <span className="block break-words">
                  <InertText text={called} terminal="show" />
                </span>
              )}
              <span className="block font-mono text-xs leading-5 break-all">
                <InertText text={id} terminal="show" />
              </span>
            </dd>
          </div>
        ))}
      </dl>
      <div className="flex items-center justify-between">
        <h3 className="text-[0.8125rem] font-medium">Data</h3>
        <CopyButton text={data} label="Copy the data" />
      </div>
      <CodeBlock>
        <InertText text={data} terminal="show" />
      </CodeBlock>
    </div>
  );
}

function inWords({ text, withKey }: Reference): string {
  return `${text}${withKey}`;
}

function namedAndId({ text, kind, id, isNamed }: Reference): [id: string, called?: string] {
  if (!isNamed || text === id) return [id];
  return [id, kind === null ? text : `${text} (${kind})`];
}
