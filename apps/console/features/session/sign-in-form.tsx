// Email and password, or a passkey. On success it goes where the person was headed.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { describeFailure } from '../api/describe-failure.ts';
import { findMissing } from '../forms/find-missing.ts';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { signInWithPasskey } from '../passkeys/sign-in-with-passkey.ts';
import { Logo } from '../shell/logo.tsx';
import { signIn } from './auth-client.ts';
import { beginAtProvider } from './begin-at-provider.ts';
import { databaseAway } from './describe-refusal.ts';
import { safeNextPath } from './safe-next-path.ts';
import { sendCode } from './send-code.ts';

type State = { kind: 'idle' } | { kind: 'busy' } | { kind: 'refused'; sentence: string };
type Step = 'password' | 'code';

/** What is said of a field that is empty. */
const lacking: Readonly<Record<Step, Readonly<Record<string, string>>>> = {
  password: { email: 'Give the email that you sign in with.', password: 'Give your password.' },
  code: { code: 'Give the code that your authenticator shows, or a backup code.' },
};

export function SignInForm() {
  const router = useRouter();
  const parameters = useSearchParams();
  const next = parameters.get('next');
  const provider = parameters.get('provider');
  const [step, setStep] = useState<Step>('password');
  const queryClient = useQueryClient();
  const [state, setState] = useState<State>(
    parameters.has('failed')
      ? { kind: 'refused', sentence: whyNotAtProvider(parameters.get('failed')) }
      : { kind: 'idle' },
  );

  const fields = useFieldErrors(null);

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '');
    if (!fields.allow(findMissing(text, lacking[step]))) return;
    setState({ kind: 'busy' });
    const result =
      step === 'password' ? await signIn(text('email').trim(), text('password')) : await sendCode(text('code'));
    if (result.kind === 'refused') {
      setState(result);
      return;
    }
    if (result.kind === 'code_wanted') {
      setStep('code');
      setState({ kind: 'idle' });
      return;
    }
    // What was cached belongs to whoever was here before.
    queryClient.clear();
    router.replace(safeNextPath(next));
  }

  async function enterByPasskey() {
    setState({ kind: 'busy' });
    try {
      await signInWithPasskey();
    } catch (error) {
      setState({ kind: 'refused', sentence: describeFailure(error).detail });
      return;
    }
    queryClient.clear();
    router.replace(safeNextPath(next));
  }

  async function leaveForProvider(id: string) {
    setState({ kind: 'busy' });
    const begun = await beginAtProvider(id, safeNextPath(next));
    if (begun.kind === 'refused') setState(begun);
    else window.location.assign(begun.url);
  }

  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-6">
      <Logo />
      <Card className="w-full max-w-sm p-6">
        <h1 className="text-lg font-semibold">Sign in</h1>
        <p className="mt-1 text-sm text-muted-foreground">Ask your fleet, and see what each answer rests on.</p>
        <form ref={fields.form} className="mt-5 flex flex-col gap-4" noValidate onSubmit={submit}>
          {state.kind === 'refused' && <Notice tone="danger" role="alert" title={state.sentence} />}
          {step === 'password' ? (
            <>
              <Field label="Email" error={fields.errorOf('email')}>
                {(control) => (
                  <Input {...control} name="email" type="email" autoComplete="username" required autoFocus />
                )}
              </Field>
              <Field label="Password" error={fields.errorOf('password')}>
                {(control) => (
                  <Input {...control} name="password" type="password" autoComplete="current-password" required />
                )}
              </Field>
            </>
          ) : (
            <Field
              label="Code"
              hint="Of your authenticator, or one of your backup codes."
              error={fields.errorOf('code')}
            >
              {(control) => (
                <Input {...control} name="code" autoComplete="one-time-code" className="font-mono" required autoFocus />
              )}
            </Field>
          )}
          <Button type="submit" variant="primary" busy={state.kind === 'busy'}>
            {step === 'password' ? 'Sign in' : 'Go on'}
          </Button>
          {step === 'code' && (
            <Button
              onClick={() => {
                setStep('password');
                setState({ kind: 'idle' });
              }}
            >
              Start again
            </Button>
          )}
          {step === 'password' && (
            <Button busy={state.kind === 'busy'} onClick={() => void enterByPasskey()}>
              Use a passkey
            </Button>
          )}
          {step === 'password' && provider !== null && (
            <Button busy={state.kind === 'busy'} onClick={() => void leaveForProvider(provider)}>
              Sign in with your organization
            </Button>
          )}
        </form>
      </Card>
      <p className="max-w-sm text-center text-xs text-pretty text-muted-foreground">
        Started SENA on this machine? It printed an email and a password in the terminal, and keeps them in{' '}
        <code className="font-mono">.sena/local.json</code>.
      </p>
    </main>
  );
}

function whyNotAtProvider(code: string | null): string {
  if (code === 'database_unavailable') return databaseAway;
  return 'Your organization’s provider did not sign you in. Try again, or ask an owner.';
}
