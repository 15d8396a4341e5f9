// What an owner enters about their organization's provider, of either kind, and what is to be registered there.
'use client';
import type { Role } from '@sena/contracts/domain/principal';
import type { ShownSignInProvider, WantedSignInProvider } from '@sena/contracts/http/sign-in';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { DialogClose, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Select } from '@sena/ui/select';
import { Textarea } from '@sena/ui/textarea';
import { type FormEvent, useState } from 'react';
import { describeFailure, fieldError } from '../api/describe-failure.ts';
import { RoleFields, scopeOf } from './role-fields.tsx';
import { useSetSignInProvider } from './use-sign-in-provider.ts';

type Kind = WantedSignInProvider['kind'];

const kinds: ReadonlyArray<{ value: Kind; label: string }> = [
  { value: 'oidc', label: 'OpenID Connect' },
  { value: 'saml', label: 'SAML 2.0' },
];
const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'off', required: true } as const;

export function SignInProviderForm({ shown, onDone }: { shown: ShownSignInProvider; onDone: () => void }) {
  const { provider: known } = shown;
  const set = useSetSignInProvider();
  const [kind, setKind] = useState<Kind>(known?.kind ?? 'oidc');
  const [role, setRole] = useState<Role>(known?.defaultRole ?? 'viewer');
  const [scope, setScope] = useState(known?.defaultScope ?? '');

  function submit(event: FormEvent<HTMLFormElement>) {
    event.preventDefault();
    if (set.isPending || role === 'owner' || role === 'admin') return;
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? '').trim();
    const common = {
      issuer: text('issuer'),
      domains: text('domains').split(/[\s,]+/),
      defaultRole: role,
      defaultScope: scopeOf(role, scope),
    };
    const wanted: WantedSignInProvider =
      kind === 'oidc'
        ? { kind, ...common, clientId: text('clientId'), clientSecret: text('clientSecret') }
        : { kind, ...common, ssoUrl: text('ssoUrl'), certificates: splitCertificates(text('certificates')) };
    set.mutate(wanted, { onSuccess: onDone });
  }

  return (
    <form className="flex flex-col gap-4" onSubmit={submit}>
      <Field label="Kind">
        {(control) => (
          <Select id={control.id} value={kind} onValueChange={(value) => setKind(value as Kind)} options={kinds} />
        )}
      </Field>
      {kind === 'oidc' ? (
        <OidcFields shown={shown} error={set.error} />
      ) : (
        <SamlFields shown={shown} error={set.error} />
      )}
      <Field
        label="Domains"
        hint="It is believed about addresses of these alone."
        error={fieldError(set.error, 'domains')}
      >
        {(control) => (
          <Input
            {...control}
            {...plain}
            name="domains"
            defaultValue={known?.domains.join(', ')}
            placeholder="example.com"
          />
        )}
      </Field>
      <RoleFields
        role={role}
        scope={scope}
        onRole={setRole}
        onScope={setScope}
        offered={['viewer', 'operator', 'approver']}
        error={set.error}
      />
      {set.error !== null && (
        <Notice tone="danger" role="alert" title={describeFailure(set.error).title}>
          {describeFailure(set.error).detail}
        </Notice>
      )}
      <DialogFooter>
        <DialogClose asChild>
          <Button>Not now</Button>
        </DialogClose>
        <Button type="submit" variant="primary" busy={set.isPending}>
          Set the provider
        </Button>
      </DialogFooter>
    </form>
  );
}

function OidcFields({ shown, error }: { shown: ShownSignInProvider; error: unknown }) {
  const known = shown.provider?.kind === 'oidc' ? shown.provider : null;
  return (
    <>
      <ToCopy
        label="Redirect URI"
        hint="Copy it into your provider, as the redirect (or callback) URI of the application that you register for SENA."
        text={shown.redirectUri}
      />
      <Field label="Issuer" hint="As its discovery document names it." error={fieldError(error, 'issuer')}>
        {(control) => (
          <Input
            {...control}
            {...plain}
            name="issuer"
            defaultValue={known?.issuer}
            placeholder="https://id.example.com"
          />
        )}
      </Field>
      <div className="grid gap-4 sm:grid-cols-2">
        <Field label="Client id" error={fieldError(error, 'clientId')}>
          {(control) => <Input {...control} {...plain} name="clientId" defaultValue={known?.clientId} />}
        </Field>
        <Field label="Client secret" error={fieldError(error, 'clientSecret')}>
          {(control) => <Input {...control} {...plain} name="clientSecret" type="password" />}
        </Field>
      </div>
    </>
  );
}

function SamlFields({ shown, error }: { shown: ShownSignInProvider; error: unknown }) {
  const known = shown.provider?.kind === 'saml' ? shown.provider : null;
  return (
    <>
      <ToCopy
        label="Entity id of SENA"
        hint="Copy it into your provider as the entity id (or audience). SENA’s metadata can be read at the same address."
        text={shown.saml.entityId}
      />
      <ToCopy
        label="ACS address"
        hint="Copy it into your provider as the assertion consumer service (or reply URL)."
        text={shown.saml.acsUrl}
      />
      <Field label="Entity id of the provider" error={fieldError(error, 'issuer')}>
        {(control) => <Input {...control} {...plain} name="issuer" defaultValue={known?.issuer} />}
      </Field>
      <Field label="Sign-on address" hint="For the HTTP-Redirect binding." error={fieldError(error, 'ssoUrl')}>
        {(control) => (
          <Input
            {...control}
            {...plain}
            name="ssoUrl"
            defaultValue={known?.ssoUrl}
            placeholder="https://id.example.com/sso"
          />
        )}
      </Field>
      <Field
        label="Signing certificate"
        hint="PEM. A second one below it while the provider changes its key. Assertions have to be signed, with RSA and SHA-256."
        error={fieldError(error, 'certificates')}
      >
        {(control) => (
          <Textarea
            {...control}
            {...plain}
            name="certificates"
            className="font-mono text-xs"
            defaultValue={known?.certificates.map(({ pem }) => pem).join('\n')}
            placeholder="-----BEGIN CERTIFICATE-----"
          />
        )}
      </Field>
    </>
  );
}

function ToCopy({ label, hint, text }: { label: string; hint: string; text: string }) {
  return (
    <div className="flex flex-col gap-1.5">
      <span className="text-[0.8125rem] font-medium">{label}</span>
      <div className="flex flex-wrap items-center gap-2">
        <CodeBlock className="flex-1 break-all" label={label}>
          {text}
        </CodeBlock>
        <CopyButton text={text} label="Copy" wide />
      </div>
      <p className="text-xs text-muted-foreground">{hint}</p>
    </div>
  );
}

/** One after the other; without the lines around it, it is one. */
function splitCertificates(text: string): string[] {
  return text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? [text];
}
