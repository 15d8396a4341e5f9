// What an owner enters about their organization's provider, of either kind, and what is to be registered there.
'use client';
import type { Role } from '@sena/contracts/domain/principal';
import type { ShownSignInProvider, WantedSignInProvider } from '@sena/contracts/http/sign-in';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Select } from '@sena/ui/select';
import { Textarea } from '@sena/ui/textarea';
import { useState } from 'react';
import { DialogForm } from '../forms/dialog-form.tsx';
import { findMissing } from '../forms/find-missing.ts';
import { readFields } from '../forms/read-fields.ts';
import { type FieldErrors, useFieldErrors } from '../forms/use-field-errors.ts';
import { RoleFields, scopeOf } from './role-fields.tsx';
import { useSetSignInProvider } from './use-sign-in-provider.ts';

type Kind = WantedSignInProvider['kind'];

const kinds: ReadonlyArray<{ value: Kind; label: string }> = [
  { value: 'oidc', label: 'OpenID Connect' },
  { value: 'saml', label: 'SAML 2.0' },
];
/** What is said of a field that is empty. */
const lacking: Readonly<Record<Kind, Readonly<Record<string, string>>>> = {
  oidc: {
    issuer: 'Give the issuer’s address, as its discovery document names it.',
    clientId: 'Give the client id that the provider has made for SENA.',
    clientSecret: 'Give the client secret, also where it stays the same: SENA shows it to nobody.',
  },
  saml: {
    issuer: 'Give the provider’s entity id.',
    ssoUrl: 'Give the address where the provider signs people in.',
    certificates: 'Paste the certificate with which the provider signs.',
  },
};
const plain = { autoComplete: 'off', spellCheck: false, autoCapitalize: 'off', required: true } as const;

export function SignInProviderForm({ shown, onDone }: { shown: ShownSignInProvider; onDone: () => void }) {
  const { provider: known } = shown;
  const set = useSetSignInProvider();
  const fields = useFieldErrors(set.error);
  const [kind, setKind] = useState<Kind>(known?.kind ?? 'oidc');
  const [role, setRole] = useState<Role>(known?.defaultRole ?? 'viewer');
  const [scope, setScope] = useState(known?.defaultScope ?? '');

  function choose(next: Kind) {
    setKind(next);
    // What was said of the other kind's fields says nothing about these.
    fields.allow({});
    set.reset();
  }

  function submit(form: FormData) {
    const text = readFields(form);
    if (!fields.allow(findMissing(text, { ...lacking[kind], domains: 'Name a domain, like example.com.' }))) return;
    if (role === 'owner' || role === 'admin') return;
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
    <DialogForm fields={fields} failure={set.error} busy={set.isPending} action="Set the provider" onSubmit={submit}>
      <Field label="Kind">
        {(control) => (
          <Select {...control} value={kind} onValueChange={(value) => choose(value as Kind)} options={kinds} />
        )}
      </Field>
      {kind === 'oidc' ? (
        <OidcFields shown={shown} errorOf={fields.errorOf} />
      ) : (
        <SamlFields shown={shown} errorOf={fields.errorOf} />
      )}
      <Field label="Domains" hint="It is believed about addresses of these alone." error={fields.errorOf('domains')}>
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
        roleError={fields.errorOf('defaultRole')}
        scopeError={fields.errorOf('defaultScope')}
      />
    </DialogForm>
  );
}

interface KindFieldsProps {
  shown: ShownSignInProvider;
  errorOf: FieldErrors['errorOf'];
}

function OidcFields({ shown, errorOf }: KindFieldsProps) {
  const known = shown.provider?.kind === 'oidc' ? shown.provider : null;
  return (
    <>
      <ToCopy
        label="Redirect URI"
        hint="Copy it into your provider, as the redirect (or callback) URI of the application that you register for SENA."
        text={shown.redirectUri}
      />
      <Field label="Issuer" hint="As its discovery document names it." error={errorOf('issuer')}>
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
        <Field label="Client id" error={errorOf('clientId')}>
          {(control) => <Input {...control} {...plain} name="clientId" defaultValue={known?.clientId} />}
        </Field>
        <Field label="Client secret" error={errorOf('clientSecret')}>
          {(control) => <Input {...control} {...plain} name="clientSecret" type="password" />}
        </Field>
      </div>
    </>
  );
}

function SamlFields({ shown, errorOf }: KindFieldsProps) {
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
      <Field label="Entity id of the provider" error={errorOf('issuer')}>
        {(control) => <Input {...control} {...plain} name="issuer" defaultValue={known?.issuer} />}
      </Field>
      <Field label="Sign-on address" hint="For the HTTP-Redirect binding." error={errorOf('ssoUrl')}>
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
        error={errorOf('certificates')}
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
