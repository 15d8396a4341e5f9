// One policy while it is written: its text, what is wrong with it and on which line, and what it would change, before it is saved.
'use client';
import type { Policy } from '@sena/contracts/http/policy';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { ConfirmDialog } from '@sena/ui/confirm-dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Kbd } from '@sena/ui/kbd';
import { Notice } from '@sena/ui/notice';
import { Textarea } from '@sena/ui/textarea';
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { useDebounced } from '../ask/use-debounced.ts';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { InlineText } from '../output/inline-text.tsx';
import { Ago } from '../time/ago.tsx';
import { DryRunCard, type Trial } from './dry-run-card.tsx';
import { findPolicyProblems, isPolicyName } from './find-policy-problems.ts';
import { readTextProblems, type TextProblem } from './read-text-problems.ts';
import { useDryRun } from './use-dry-run.ts';
import { useDeletePolicy, useSavePolicy } from './use-policies.ts';

interface PolicyEditorProps {
  /** As it was opened; without a version it is new. */
  policy: Pick<Policy, 'name' | 'text'> & Partial<Policy>;
  mayManage: boolean;
  trial: Trial;
  onTrial: (trial: Trial) => void;
  onDone: () => void;
}

const restMs = 350;

export function PolicyEditor({ policy, mayManage, trial, onTrial, onDone }: PolicyEditorProps) {
  const [name, setName] = useState(policy.name);
  const [text, setText] = useState(policy.text);
  const save = useSavePolicy();
  const fields = useFieldErrors(save.error);
  const remove = useDeletePolicy();
  const area = useRef<HTMLTextAreaElement>(null);
  const isNew = policy.version === undefined;

  const draft = { name: isPolicyName(name) ? name : 'draft', text };
  const wanted = { ...trial, draft: text.trim() === '' ? null : draft };
  const restedKey = useDebounced(JSON.stringify(wanted), restMs);
  const rested: typeof wanted = JSON.parse(restedKey);
  const result = useDryRun({ ...rested, command: rested.command.trim(), selector: rested.selector.trim() });
  const stale = result.isFetching || restedKey !== JSON.stringify(wanted);
  const problems = readTextProblems(result.error);
  const notes = problems.length > 0 ? [] : (result.data?.notes ?? []);

  function submit(event: FormEvent) {
    event.preventDefault();
    if (save.isPending || !mayManage || !fields.allow(findPolicyProblems({ name, text }))) return;
    save.mutate({ name, text, version: policy.version ?? null }, { onSuccess: onDone });
  }

  function saveByKey(event: KeyboardEvent) {
    if (event.key !== 'Enter' || !(event.metaKey || event.ctrlKey)) return;
    event.preventDefault();
    fields.form.current?.requestSubmit();
  }

  /** Puts the cursor where it is wrong. */
  function goTo({ line, column }: TextProblem) {
    const before = text.split('\n').slice(0, line - 1);
    const at = before.reduce((sum, each) => sum + each.length + 1, 0) + column - 1;
    area.current?.focus();
    area.current?.setSelectionRange(at, at);
  }

  const failure = save.error !== null && readTextProblems(save.error).length === 0 ? save.error : null;
  const nameError = fields.errorOf('name');
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <Card aria-label={isNew ? 'New policy' : `Policy ${policy.name}`}>
        <CardHeader>
          <CardTitle>
            {isNew ? 'New policy' : <span className="font-mono text-[0.8125rem]">{policy.name}</span>}
          </CardTitle>
          {policy.updatedAt !== undefined && (
            <span className="text-xs text-muted-foreground">
              version {policy.version}, by {policy.updatedBy?.name} <Ago at={policy.updatedAt} />
            </span>
          )}
        </CardHeader>
        <form ref={fields.form} className="flex flex-col gap-4 p-4" noValidate onSubmit={submit} onKeyDown={saveByKey}>
          {isNew && (
            <Field label="Name" error={nameError} hint="Decisions name it: “…, rule prod-changes”.">
              {(control) => (
                <Input
                  {...control}
                  className="max-w-80 font-mono text-[0.8125rem]"
                  autoComplete="off"
                  spellCheck={false}
                  required
                  autoFocus
                  placeholder="prod-changes"
                  value={name}
                  onChange={(event) => setName(event.target.value)}
                />
              )}
            </Field>
          )}
          <Field
            label="Rules"
            error={problems.length > 0 ? <TextProblems problems={problems} onGoTo={goTo} /> : fields.errorOf('text')}
          >
            {(control) => (
              <Textarea
                {...control}
                ref={area}
                className="max-h-[60vh] min-h-56 font-mono text-[0.8125rem] leading-6"
                spellCheck={false}
                autoCapitalize="off"
                maxLength={65_536}
                required
                readOnly={!mayManage}
                value={text}
                onChange={(event) => setText(event.target.value)}
              />
            )}
          </Field>
          {notes.map((note) => (
            <Notice key={`${note.line}:${note.message}`} tone="info" title={`Line ${note.line}`}>
              {note.message}
            </Notice>
          ))}
          {failure !== null && nameError === null && <FailureNotice error={failure} />}
          <div className="flex flex-wrap items-center gap-2">
            {mayManage && (
              <Button type="submit" variant="primary" busy={save.isPending} disabled={problems.length > 0}>
                {isNew ? 'Create the policy' : 'Save'}
              </Button>
            )}
            <Button onClick={onDone}>{mayManage ? 'Cancel' : 'Back'}</Button>
            {mayManage && (
              <span className="hidden text-xs text-muted-foreground sm:inline">
                <Kbd>Ctrl</Kbd> <Kbd>Enter</Kbd> saves
              </span>
            )}
            {mayManage && policy.version !== undefined && (
              <span className="ml-auto">
                <ConfirmDialog
                  trigger={
                    <Button variant="danger-outline" busy={remove.isPending}>
                      Delete
                    </Button>
                  }
                  title={`Delete ${policy.name}?`}
                  description="What it forbade or permitted is judged by the other rules from now on, runs under way included. An approval that waits already still needs as many people as before. Its versions are kept."
                  action={`Delete ${policy.name}`}
                  keep="Keep it"
                  onConfirm={() =>
                    remove.mutate({ name: policy.name, version: policy.version ?? 0 }, { onSuccess: onDone })
                  }
                />
              </span>
            )}
          </div>
        </form>
      </Card>
      <DryRunCard trial={trial} onChange={onTrial} result={result} stale={stale} isTextWrong={problems.length > 0} />
    </div>
  );
}

function TextProblems({
  problems,
  onGoTo,
}: {
  problems: readonly TextProblem[];
  onGoTo: (problem: TextProblem) => void;
}) {
  return (
    <ul aria-label="What is wrong" className="flex flex-col gap-1.5">
      {problems.map((problem) => (
        <li key={`${problem.line}:${problem.column}:${problem.message}`} className="flex min-w-0 items-baseline gap-2">
          <Button variant="link" size="inline" className="text-danger" onClick={() => onGoTo(problem)}>
            Line {problem.line}
          </Button>
          <span className="min-w-0 break-words text-foreground">
            <InlineText text={problem.message} />
          </span>
        </li>
      ))}
    </ul>
  );
}
