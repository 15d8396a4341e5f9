// Email and password. On success it goes where the person was headed.
'use client';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { useQueryClient } from '@tanstack/react-query';
import { useRouter, useSearchParams } from 'next/navigation';
import { type FormEvent, useState } from 'react';
import { Logo } from '../shell/logo.tsx';
import { signIn } from './auth-client.ts';
import { safeNextPath } from './safe-next-path.ts';

type State = { kind: 'idle' } | { kind: 'busy' } | { kind: 'refused'; sentence: string };

export function SignInForm() {
  const router = useRouter();
  const next = useSearchParams().get('next');
  const queryClient = useQueryClient();
  const [state, setState] = useState<State>({ kind: 'idle' });

  async function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    setState({ kind: 'busy' });
    const result = await signIn(String(form.get('email') ?? '').trim(), String(form.get('password') ?? ''));
    if (result.kind === 'refused') {
      setState(result);
      return;
    }
    // What was cached belongs to whoever was here before.
    queryClient.clear();
    router.replace(safeNextPath(next));
  }

  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-6">
      <Logo />
      <Card className="w-full max-w-sm p-6">
        <h1 className="text-lg font-semibold">Sign in</h1>
        <p className="mt-1 text-sm text-muted-foreground">Ask your fleet, and see what each answer rests on.</p>
        <form className="mt-5 flex flex-col gap-4" onSubmit={submit}>
          {state.kind === 'refused' && <Notice tone="danger" role="alert" title={state.sentence} />}
          <Field label="Email">
            {(control) => <Input {...control} name="email" type="email" autoComplete="username" required autoFocus />}
          </Field>
          <Field label="Password">
            {(control) => (
              <Input {...control} name="password" type="password" autoComplete="current-password" required />
            )}
          </Field>
          <Button type="submit" variant="primary" busy={state.kind === 'busy'}>
            Sign in
          </Button>
        </form>
      </Card>
      <p className="max-w-sm text-center text-xs text-pretty text-muted-foreground">
        Started SENA on this machine? It printed an email and a password in the terminal, and keeps them in{' '}
        <code className="font-mono">.sena/local.json</code>.
      </p>
    </main>
  );
}
