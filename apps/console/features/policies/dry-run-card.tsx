// A command tried against the policies, the one that is being written included: what each group of nodes would need, and why. Runs nothing.
'use client';
import { type Proposer, proposerSchema } from '@sena/contracts/domain/policy';
import { type Role, roleSchema } from '@sena/contracts/domain/principal';
import type { PolicyEvaluation, PolicyGroup } from '@sena/contracts/http/policy';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { classNames } from '@sena/ui/class-names';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Select } from '@sena/ui/select';
import { Spinner } from '@sena/ui/spinner';
import { describeFailure } from '../api/describe-failure.ts';
import { InertText } from '../output/inert-text.tsx';
import { InlineText } from '../output/inline-text.tsx';
import { formatCount } from '../time/format-time.ts';
import type { useDryRun } from './use-dry-run.ts';
import { VerdictBadge } from './verdict-badge.tsx';

export interface Trial {
  command: string;
  selector: string;
  role: Role;
  proposer: Proposer;
}

interface DryRunCardProps {
  trial: Trial;
  onChange: (trial: Trial) => void;
  result: ReturnType<typeof useDryRun>;
  stale: boolean;
  /** The text that is being written is wrong: then there is nothing to say. */
  isTextWrong: boolean;
}

const roles = roleSchema.options.map((role) => ({ value: role, label: role }));
const proposers = proposerSchema.options.map((proposer) => ({ value: proposer, label: `a ${proposer}` }));

export function DryRunCard({ trial, onChange, result, stale, isTextWrong }: DryRunCardProps) {
  const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'off' } as const;
  return (
    <Card aria-label="Dry run">
      <CardHeader>
        <CardTitle>Dry run</CardTitle>
        <span className="text-xs text-muted-foreground">Nothing runs, nothing is saved</span>
      </CardHeader>
      <div className="flex flex-col gap-4 p-4">
        <div className="grid grid-cols-2 gap-4 sm:grid-cols-[1fr_auto_auto]">
          <Field label="Command" className="col-span-full">
            {(control) => (
              <Input
                {...control}
                {...plain}
                className="font-mono text-[0.8125rem]"
                maxLength={16_384}
                value={trial.command}
                placeholder="systemctl restart nginx"
                onChange={(event) => onChange({ ...trial, command: event.target.value })}
              />
            )}
          </Field>
          <Field label="Nodes" className="max-sm:col-span-full">
            {(control) => (
              <Input
                {...control}
                {...plain}
                className="font-mono text-[0.8125rem]"
                maxLength={1_000}
                value={trial.selector}
                placeholder="* or env=production"
                onChange={(event) => onChange({ ...trial, selector: event.target.value })}
              />
            )}
          </Field>
          <Field label="Asked by a">
            {(control) => (
              <Select
                {...control}
                value={trial.role}
                onValueChange={(value) => onChange({ ...trial, role: roleSchema.parse(value) })}
                options={roles}
              />
            )}
          </Field>
          <Field label="Who wrote it">
            {(control) => (
              <Select
                {...control}
                value={trial.proposer}
                onValueChange={(value) => onChange({ ...trial, proposer: proposerSchema.parse(value) })}
                options={proposers}
              />
            )}
          </Field>
        </div>
        <div aria-live="polite" aria-busy={stale} className={classNames('flex flex-col gap-3', stale && 'opacity-60')}>
          <Result trial={trial} result={result} stale={stale} isTextWrong={isTextWrong} />
        </div>
      </div>
    </Card>
  );
}

function Result({ trial, result, stale, isTextWrong }: Omit<DryRunCardProps, 'onChange'>) {
  const quiet = 'text-[0.8125rem] text-muted-foreground';
  if (trial.command.trim() === '')
    return <p className={quiet}>Write a command to see what each group of nodes needs.</p>;
  if (isTextWrong) return <p className={quiet}>Correct the policy, then it can be tried.</p>;
  if (result.error !== null && !stale) {
    return (
      <p className="text-[0.8125rem] text-danger">
        <InlineText text={describeFailure(result.error).detail} />
      </p>
    );
  }
  if (result.data === undefined) {
    return (
      <p className={classNames(quiet, 'flex items-center gap-2')}>
        <Spinner /> Asking the policies…
      </p>
    );
  }
  const { groups, nodeCount } = result.data;
  // What is stale may be the answer about another writer.
  const whose = stale || trial.proposer === 'person' ? '' : `, proposed by a ${trial.proposer}`;
  if (nodeCount === 0) return <p className={quiet}>No node matches. Change the selector, or write * for every node.</p>;
  return (
    <>
      <Whole evaluation={result.data} whose={whose} />
      {groups.length > 0 && (
        <ul className="flex flex-col gap-3">
          {groups
            .toSorted((a, b) => strictnessOf(b) - strictnessOf(a))
            .map((group) => (
              <Group key={group.nodes[0]?.id ?? ''} group={group} />
            ))}
        </ul>
      )}
    </>
  );
}

function strictnessOf({ decision, approvers, passkey }: PolicyGroup): number {
  return decision === 'deny' ? 10 : approvers * 2 + Number(passkey);
}

/** What holds for the command as one: the strictest of its groups. */
function Whole({ evaluation, whose }: { evaluation: PolicyEvaluation; whose: string }) {
  const { groups, nodeCount, reasons } = evaluation;
  return (
    <div className="flex flex-col gap-2">
      <p className="flex flex-wrap items-center gap-2 text-sm">
        <VerdictBadge {...evaluation} />
        {nodeCount === null ? (
          <span className="text-muted-foreground">on a node without labels{whose}</span>
        ) : (
          <span>
            on {formatCount(nodeCount, 'node')}
            {whose}
            {groups.length > 1 && ': the strictest group decides for all of them'}
          </span>
        )}
      </p>
      {nodeCount === null && <Reasons reasons={reasons} />}
    </div>
  );
}

function Group({ group }: { group: PolicyGroup }) {
  const named = group.nodes.slice(0, 4).map(({ name }) => name);
  const more = group.nodeCount - named.length;
  // Names stand above already.
  const attributes = group.attributes.filter(({ name }) => name !== 'name');
  return (
    <li className="flex flex-col gap-2 rounded-lg border border-border bg-background p-3">
      <div className="flex flex-wrap items-center gap-2">
        <VerdictBadge {...group} />
        <span className="text-[0.8125rem] font-medium">{formatCount(group.nodeCount, 'node')}</span>
        <span className="min-w-0 text-[0.8125rem] break-words text-muted-foreground">
          <InertText text={named.join(', ')} terminal="show" />
          {more > 0 && ` and ${more} more`}
        </span>
      </div>
      <Reasons reasons={group.reasons} />
      {attributes.length > 0 && (
        <dl className="flex flex-wrap gap-x-4 gap-y-1 text-xs text-muted-foreground">
          {attributes.map(({ name, values, more: hidden }) => (
            <div key={name} className="flex min-w-0 gap-1.5">
              <dt>{name}</dt>
              <dd className="min-w-0 font-mono break-words text-foreground">
                {values.length === 0 ? 'none' : <InertText text={values.join(', ')} terminal="show" />}
                {hidden > 0 && ` and ${hidden} more`}
              </dd>
            </div>
          ))}
        </dl>
      )}
    </li>
  );
}

function Reasons({ reasons }: { reasons: readonly string[] }) {
  return (
    <ul className="flex list-disc flex-col gap-1 pl-5 text-[0.8125rem] text-pretty marker:text-muted-foreground">
      {reasons.slice(0, 6).map((reason) => (
        <li key={reason}>
          <InlineText text={reason} />
        </li>
      ))}
    </ul>
  );
}
