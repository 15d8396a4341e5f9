// Switching the second factor on (password, secret for the authenticator, first code, backup codes) and off (password).
'use client';
import { Badge } from '@sena/ui/badge';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogContent } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { notifyDone } from '@sena/ui/toaster';
import { useQueryClient } from '@tanstack/react-query';
import { ShieldCheck } from 'lucide-react';
import { useState } from 'react';
import { meKey } from '../api/new-query-client.ts';
import { DialogForm } from '../forms/dialog-form.tsx';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { useMe } from '../session/use-me.ts';
import { type Answer, confirmSecondFactor, startSecondFactor, stopSecondFactor } from './second-factor.ts';

type Step = { kind: 'password' } | { kind: 'code'; secret: string; uri: string; backupCodes: string[] };

export function SecondFactorCard() {
  const { secondFactor } = useMe();
  const [open, setOpen] = useState(false);
  return (
    <Card className="flex flex-wrap items-center justify-between gap-3 p-4">
      <div className="min-w-0">
        <h2 className="flex items-center gap-2 text-sm font-semibold">
          Second factor
          {secondFactor ? (
            <Badge tone="success">
              <ShieldCheck aria-hidden /> on
            </Badge>
          ) : (
            <Badge>off</Badge>
          )}
        </h2>
        <p className="mt-1 text-sm text-pretty text-muted-foreground">
          {secondFactor
            ? 'Signing in takes your password and a code of your authenticator.'
            : 'A stolen password is not enough then: signing in also takes a code of an authenticator app.'}
        </p>
      </div>
      <Button onClick={() => setOpen(true)}>{secondFactor ? 'Switch it off' : 'Switch it on'}</Button>
      <Dialog open={open} onOpenChange={setOpen}>
        <DialogContent
          title={secondFactor ? 'Switch the second factor off' : 'Switch the second factor on'}
          description={
            secondFactor
              ? 'Your password alone lets you in then.'
              : 'You need an authenticator app, on your phone or in your password manager.'
          }
        >
          {secondFactor ? <StopForm onDone={() => setOpen(false)} /> : <StartForm onDone={() => setOpen(false)} />}
        </DialogContent>
      </Dialog>
    </Card>
  );
}

function StartForm({ onDone }: { onDone: () => void }) {
  const queryClient = useQueryClient();
  const [step, setStep] = useState<Step>({ kind: 'password' });
  const { busy, refusal, run } = useRun();
  const fields = useFieldErrors(null);

  function submit(form: FormData) {
    const text = String(form.get('answer') ?? '');
    const problem = step.kind === 'password' ? findPasswordProblem(text) : findCodeProblem(text);
    if (!fields.allow(problem === null ? {} : { answer: problem })) return;
    if (step.kind === 'password') {
      void run(startSecondFactor(text), ({ totpURI, backupCodes }) => {
        const secret = new URL(totpURI).searchParams.get('secret') ?? '';
        setStep({ kind: 'code', secret, uri: totpURI, backupCodes });
      });
      return;
    }
    void run(confirmSecondFactor(text.replaceAll(/\s/g, '')), async () => {
      await queryClient.invalidateQueries({ queryKey: meKey });
      notifyDone('The second factor is on', 'The next sign-in asks for a code.');
      onDone();
    });
  }

  return (
    <DialogForm
      key={step.kind}
      fields={fields}
      failure={null}
      busy={busy}
      action={step.kind === 'password' ? 'Go on' : 'Switch it on'}
      onSubmit={submit}
    >
      {refusal !== null && <Notice tone="danger" role="alert" title={refusal} />}
      {step.kind === 'password' ? (
        <Field label="Your password" error={fields.errorOf('answer')}>
          {(control) => (
            <Input {...control} name="answer" type="password" autoComplete="current-password" required autoFocus />
          )}
        </Field>
      ) : (
        <>
          <div className="flex flex-col gap-2">
            <p className="text-sm">
              Enter this secret in your authenticator, or{' '}
              <a href={step.uri} className="font-medium text-primary underline">
                open it on this device
              </a>
              .
            </p>
            <CodeBlock className="break-all" label="Secret">
              {step.secret}
            </CodeBlock>
            <CopyButton text={step.secret} label="Copy the secret" wide className="self-start" />
          </div>
          <div className="flex flex-col gap-2">
            <p className="text-sm">
              Keep these backup codes where you keep passwords. Each lets you in once, without the authenticator. They
              are shown only now.
            </p>
            <CodeBlock label="Backup codes">{step.backupCodes.join('\n')}</CodeBlock>
            <CopyButton text={step.backupCodes.join('\n')} label="Copy the backup codes" wide className="self-start" />
          </div>
          <Field label="Code that the authenticator shows" error={fields.errorOf('answer')}>
            {(control) => (
              <Input
                {...control}
                name="answer"
                inputMode="numeric"
                autoComplete="one-time-code"
                required
                autoFocus
                className="font-mono"
              />
            )}
          </Field>
        </>
      )}
    </DialogForm>
  );
}

function StopForm({ onDone }: { onDone: () => void }) {
  const queryClient = useQueryClient();
  const { busy, refusal, run } = useRun();
  const fields = useFieldErrors(null);

  function submit(form: FormData) {
    const password = String(form.get('answer') ?? '');
    const problem = findPasswordProblem(password);
    if (!fields.allow(problem === null ? {} : { answer: problem })) return;
    void run(stopSecondFactor(password), async () => {
      await queryClient.invalidateQueries({ queryKey: meKey });
      notifyDone('The second factor is off', 'Your password alone lets you in.');
      onDone();
    });
  }

  return (
    <DialogForm
      fields={fields}
      failure={null}
      busy={busy}
      leave="Keep it on"
      action="Switch it off"
      isDangerous
      onSubmit={submit}
    >
      {refusal !== null && <Notice tone="danger" role="alert" title={refusal} />}
      <Field label="Your password" error={fields.errorOf('answer')}>
        {(control) => (
          <Input {...control} name="answer" type="password" autoComplete="current-password" required autoFocus />
        )}
      </Field>
    </DialogForm>
  );
}

function findPasswordProblem(password: string): string | null {
  return password === '' ? 'Give the password with which you sign in.' : null;
}

function findCodeProblem(code: string): string | null {
  return /^\d{6}$/.test(code.replaceAll(/\s/g, '')) ? null : 'The code is six digits.';
}

function useRun() {
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<string | null>(null);
  async function run<T>(asked: Promise<Answer<T>>, onDone: (value: T) => void | Promise<void>) {
    if (busy) return;
    setBusy(true);
    const answer = await asked;
    setBusy(false);
    setRefusal(answer.kind === 'refused' ? answer.sentence : null);
    if (answer.kind === 'done') await onDone(answer.value);
  }
  return { busy, refusal, run };
}
