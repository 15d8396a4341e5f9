// What may happen on the organization's nodes: its policies, SENA's own rules beside them, and a command tried against both.
'use client';
import type { Policy } from '@sena/contracts/http/policy';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { EmptyState } from '@sena/ui/empty-state';
import { Skeleton } from '@sena/ui/skeleton';
import { Plus, ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { useDebounced } from '../ask/use-debounced.ts';
import { useMayManagePolicies, useMe } from '../session/use-me.ts';
import { Page } from '../shell/page.tsx';
import { Ago } from '../time/ago.tsx';
import { DryRunCard, type Trial } from './dry-run-card.tsx';
import { PolicyEditor } from './policy-editor.tsx';
import { policyExamples } from './policy-examples.ts';
import { useDryRun } from './use-dry-run.ts';
import { usePolicies } from './use-policies.ts';

type Edited = Pick<Policy, 'name' | 'text'> & Partial<Policy>;

const blank: Edited = { name: '', text: policyExamples[0]?.text ?? '' };

export function PoliciesPage() {
  const mayManage = useMayManagePolicies();
  const me = useMe();
  const policies = usePolicies();
  const [edited, setEdited] = useState<Edited | null>(null);
  const [trial, setTrial] = useState<Trial>({
    ...{ command: 'systemctl restart nginx', selector: '*' },
    ...{ role: me.role, proposer: 'person' },
  });

  return (
    <Page
      title="Policies"
      description="What a command does to a node decides what it needs: nothing, a second person, two of them, or it is denied. Your policies hold beside SENA’s own rules, and forbid wins."
      actions={
        mayManage &&
        edited === null && (
          <Button variant="primary" onClick={() => setEdited(blank)}>
            <Plus aria-hidden /> New policy
          </Button>
        )
      }
    >
      {edited === null ? (
        <>
          <PolicyList policies={policies} mayManage={mayManage} onOpen={setEdited} />
          <Tried trial={trial} onTrial={setTrial} />
          {policies.data !== undefined && <Defaults text={policies.data.defaults} />}
        </>
      ) : (
        <PolicyEditor
          policy={edited}
          mayManage={mayManage}
          trial={trial}
          onTrial={setTrial}
          onDone={() => setEdited(null)}
        />
      )}
    </Page>
  );
}

interface PolicyListProps {
  policies: ReturnType<typeof usePolicies>;
  mayManage: boolean;
  onOpen: (policy: Edited) => void;
}

function PolicyList({ policies, mayManage, onOpen }: PolicyListProps) {
  if (policies.error !== null) return <FailureNotice error={policies.error} onRetry={() => void policies.refetch()} />;
  if (policies.data === undefined) return <Skeleton className="h-40 w-full rounded-xl" />;
  const { items } = policies.data;
  if (items.length === 0) {
    return (
      <Card>
        <EmptyState
          icon={<ShieldCheck />}
          title="No policy yet: SENA’s own rules hold"
          action={
            mayManage &&
            policyExamples.map((example) => (
              <Button key={example.name} onClick={() => onOpen(example)}>
                {example.title}
              </Button>
            ))
          }
        >
          What only reads runs, and so does what a person wrote that only asks the network; everything else needs one
          approval by a second person.{' '}
          {mayManage
            ? 'Begin with one of these; nothing holds before you save it.'
            : 'An admin or the owner of the organization writes policies.'}
        </EmptyState>
      </Card>
    );
  }
  return (
    <Card aria-label="Policies">
      <ul className="divide-y divide-border">
        {items.map((policy) => (
          <li key={policy.name}>
            <button
              type="button"
              onClick={() => onOpen(policy)}
              className="flex w-full flex-wrap items-center gap-x-3 gap-y-1 px-4 py-3 text-left hover:bg-muted"
            >
              <span className="font-mono text-[0.8125rem] font-medium">{policy.name}</span>
              {policy.notes.length > 0 && (
                <Badge tone="warning">
                  {policy.notes.length === 1 ? '1 remark' : `${policy.notes.length} remarks`}
                </Badge>
              )}
              <span className="min-w-0 flex-1 truncate text-[0.8125rem] text-muted-foreground">
                {firstRemark(policy.text)}
              </span>
              <span className="text-xs text-muted-foreground">
                version {policy.version}, {policy.updatedBy.name}, <Ago at={policy.updatedAt} />
              </span>
            </button>
          </li>
        ))}
      </ul>
    </Card>
  );
}

/** Its first comment says what a policy is for. */
function firstRemark(text: string): string {
  return /^\s*\/\/\s*(.+)$/m.exec(text)?.[1] ?? '';
}

function Tried({ trial, onTrial }: { trial: Trial; onTrial: (trial: Trial) => void }) {
  const key = JSON.stringify(trial);
  const restedKey = useDebounced(key, 350);
  const rested: Trial = JSON.parse(restedKey);
  const result = useDryRun({
    ...rested,
    command: rested.command.trim(),
    selector: rested.selector.trim(),
    draft: null,
  });
  return (
    <DryRunCard
      trial={trial}
      onChange={onTrial}
      result={result}
      stale={result.isFetching || restedKey !== key}
      isTextWrong={false}
    />
  );
}

function Defaults({ text }: { text: string }) {
  return (
    <Card aria-label="SENA’s own rules">
      <CardHeader>
        <CardTitle>SENA’s own rules</CardTitle>
        <span className="text-xs text-muted-foreground">They always hold. What they forbid, nobody can permit.</span>
      </CardHeader>
      <div className="p-4">
        <CodeBlock label="The text of SENA’s own rules">{text}</CodeBlock>
      </div>
    </Card>
  );
}
