// Where the link of an invitation leads: what it invites to, and joining. The token stays behind the hash of the address.
'use client';
import { takeData } from '@sena/sdk/take-data';
import { Button } from '@sena/ui/button';
import { Card } from '@sena/ui/card';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Segmented } from '@sena/ui/segmented';
import { Skeleton } from '@sena/ui/skeleton';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useRouter } from 'next/navigation';
import { type FormEvent, useEffect, useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { sena } from '../api/sena-client.ts';
import type { FieldProblems } from '../forms/find-missing.ts';
import { readFields } from '../forms/read-fields.ts';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { signIn } from '../session/auth-client.ts';
import { Logo } from '../shell/logo.tsx';

export function InvitationPage() {
  // The server never sees it, so that the first drawing is without.
  const [token, setToken] = useState<string | null>(null);
  useEffect(() => setToken(window.location.hash.slice(1)), []);
  return (
    <main className="flex min-h-dvh flex-col items-center justify-center gap-6 p-6">
      <Logo />
      <Card className="w-full max-w-sm p-6">
        {token === null ? <Skeleton className="h-40 w-full" /> : <Invitation token={token} />}
      </Card>
    </main>
  );
}

function Invitation({ token }: { token: string }) {
  const router = useRouter();
  const [joiningAs, setJoiningAs] = useState<'new' | 'account'>('new');
  const queryClient = useQueryClient();
  const invitation = useQuery({
    queryKey: ['invitation', token],
    queryFn: ({ signal }) => takeData(sena.POST('/v1/invitations/lookup', { body: { token }, signal })),
    retry: false,
    staleTime: Number.POSITIVE_INFINITY,
  });
  const accept = useMutation({
    mutationFn: async (account: { name: string; password: string } | null) => {
      const { email, organizationId } = await takeData(
        sena.POST('/v1/invitations/accept', { body: { token, ...account } }),
      );
      return account === null ? 'joined' : (await signIn(email, account.password, organizationId)).kind;
    },
    onSuccess: (how) => {
      queryClient.clear();
      router.replace(how === 'refused' ? '/sign-in' : '/');
    },
  });

  const fields = useFieldErrors(accept.error);

  if (invitation.isPending) return <Skeleton className="h-40 w-full" />;
  if (invitation.error !== null) return <FailureNotice error={invitation.error} />;
  const isSignedInAs = joiningAs === 'account';
  const { organization, email, role, scope } = invitation.data;

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (accept.isPending) return;
    const form = new FormData(event.currentTarget);
    const account = { name: readFields(form)('name'), password: String(form.get('password') ?? '') };
    if (fields.allow(isSignedInAs ? {} : findAccountProblems(account))) accept.mutate(isSignedInAs ? null : account);
  }

  return (
    <>
      <h1 className="text-lg font-semibold text-balance">Join {organization}</h1>
      <p className="mt-1 text-sm text-pretty text-muted-foreground">
        You are invited as {role}
        {scope !== null && (
          <>
            {' '}
            on <code className="font-mono text-xs">{scope}</code>
          </>
        )}
        , with <span className="break-all text-foreground">{email}</span>.
      </p>
      <form ref={fields.form} className="mt-5 flex flex-col gap-4" noValidate onSubmit={submit}>
        {accept.error !== null && <FailureNotice error={accept.error} />}
        <Segmented
          label="How to join"
          value={joiningAs}
          onChange={setJoiningAs}
          options={[
            { value: 'new', label: 'I am new' },
            { value: 'account', label: 'I have an account' },
          ]}
        />
        {isSignedInAs ? (
          <p className="text-sm text-pretty">
            Sign in with the account of this address first; then join. You keep its password, and switch between your
            organizations.
          </p>
        ) : (
          <>
            <input type="hidden" name="username" autoComplete="username" value={email} readOnly />
            <Field label="Your name" error={fields.errorOf('name')}>
              {(control) => <Input {...control} name="name" autoComplete="name" maxLength={200} required autoFocus />}
            </Field>
            <Field
              label="A password"
              hint={`At least ${passwordLengthMin} characters. A sentence is fine.`}
              error={fields.errorOf('password')}
            >
              {(control) => (
                <Input
                  {...control}
                  name="password"
                  type="password"
                  autoComplete="new-password"
                  maxLength={256}
                  required
                />
              )}
            </Field>
          </>
        )}
        <Button type="submit" variant="primary" busy={accept.isPending}>
          Join {organization}
        </Button>
        {isSignedInAs && (
          <Button asChild>
            <a href="/sign-in" target="_blank" rel="noreferrer">
              Sign in, in another tab
            </a>
          </Button>
        )}
      </form>
    </>
  );
}

const passwordLengthMin = 12;

function findAccountProblems({ name, password }: { name: string; password: string }): FieldProblems {
  return {
    ...(name === '' ? { name: 'Give the name that others will see.' } : {}),
    ...(password.length < passwordLengthMin ? { password: `Take at least ${passwordLengthMin} characters.` } : {}),
  };
}
