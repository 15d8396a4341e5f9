// Adding a satellite: choose or name its site, copy the join command (shown once), see it arrive.
'use client';
import type { JoinToken, Satellite } from '@sena/contracts/http/fleet';
import { takeData } from '@sena/sdk/take-data';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { Field } from '@sena/ui/field';
import { Input } from '@sena/ui/input';
import { Notice } from '@sena/ui/notice';
import { Select } from '@sena/ui/select';
import { Spinner } from '@sena/ui/spinner';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { FailureNotice } from '../api/failure-notice.tsx';
import { sena } from '../api/sena-client.ts';
import { DialogForm } from '../forms/dialog-form.tsx';
import { useFieldErrors } from '../forms/use-field-errors.ts';
import { formatIn } from '../time/format-time.ts';
import { useNow } from '../time/use-now.ts';
import { useCreateSite, useSites } from './use-sites.ts';

interface AddSatelliteDialogProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  /** What is known now: a new one among them is the one that was waited for. */
  satellites: readonly Satellite[];
}

interface Issued {
  token: JoinToken;
  siteName: string;
  /** Satellites that were there before. */
  knownIds: ReadonlySet<string>;
}

export function AddSatelliteDialog({ open, onOpenChange, satellites }: AddSatelliteDialogProps) {
  const [issued, setIssued] = useState<Issued | null>(null);
  function change(next: boolean) {
    onOpenChange(next);
    // The command is shown once: after the dialog it is gone.
    if (!next) setIssued(null);
  }
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent
        title="Add a satellite"
        description={
          issued === null
            ? 'Choose the network it will serve. You get one command to paste on a machine there.'
            : `Paste this on a machine at ${issued.siteName} that reaches its nodes over SSH. It is shown only once.`
        }
      >
        {issued === null ? (
          <ChooseSite
            onIssued={(token, siteName) =>
              setIssued({ token, siteName, knownIds: new Set(satellites.map((satellite) => satellite.id)) })
            }
          />
        ) : (
          <JoinCommand issued={issued} satellites={satellites} />
        )}
      </DialogContent>
    </Dialog>
  );
}

const newSite = 'new';
const namePattern = /^[a-zA-Z0-9]([a-zA-Z0-9._-]{0,61}[a-zA-Z0-9])?$/;
const wrongName = 'Leave out blanks and other signs, and begin and end with a letter or a digit.';

function ChooseSite({ onIssued }: { onIssued: (token: JoinToken, siteName: string) => void }) {
  const sites = useSites();
  const createSite = useCreateSite();
  const [choice, setChoice] = useState<string | null>(null);
  const [name, setName] = useState('');
  const issue = useMutation({
    mutationFn: async () => {
      const site =
        chosen === newSite ? await createSite.mutateAsync(name.trim()) : { id: chosen, name: siteName(chosen) };
      // Should the token fail after this, the next press must not create the site again.
      setChoice(site.id);
      const token = await takeData(
        sena.POST('/v1/sites/{id}/join-tokens', {
          params: { path: { id: site.id } },
          body: { expiresInSeconds: 3_600 },
        }),
      );
      return { token, name: site.name };
    },
    onSuccess: ({ token, name: siteName }) => onIssued(token, siteName),
  });
  const fields = useFieldErrors(issue.error);

  if (sites.data === undefined) {
    return sites.error === null ? (
      <p role="status" className="flex items-center gap-2 text-sm text-muted-foreground">
        <Spinner /> Loading the sites…
      </p>
    ) : (
      <FailureNotice error={sites.error} onRetry={() => void sites.refetch()} />
    );
  }

  const known = sites.data;
  const chosen = choice ?? known[0]?.id ?? newSite;
  function siteName(id: string): string {
    return known.find((site) => site.id === id)?.name ?? id;
  }
  function submit() {
    const isNamed = chosen !== newSite || namePattern.test(name.trim());
    if (fields.allow(isNamed ? {} : { name: name.trim() === '' ? 'Give the site a name.' : wrongName })) issue.mutate();
  }

  return (
    <DialogForm
      fields={fields}
      failure={issue.error}
      busy={issue.isPending}
      action="Make the join command"
      onSubmit={submit}
    >
      {known.length > 0 && (
        <Field label="Site">
          {(control) => (
            <Select
              {...control}
              value={chosen}
              onValueChange={setChoice}
              options={[
                ...known.map((site) => ({ value: site.id, label: site.name })),
                { value: newSite, label: 'A new site…' },
              ]}
            />
          )}
        </Field>
      )}
      {chosen === newSite && (
        <Field
          label="Name of the new site"
          hint="Letters, digits, dot, dash and underscore, like fra1 or berlin-office."
          error={fields.errorOf('name')}
        >
          {(control) => (
            <Input
              {...control}
              value={name}
              onChange={(event) => setName(event.target.value)}
              maxLength={63}
              required
              autoFocus
              autoComplete="off"
              spellCheck={false}
            />
          )}
        </Field>
      )}
    </DialogForm>
  );
}

function JoinCommand({ issued, satellites }: { issued: Issued; satellites: readonly Satellite[] }) {
  const nowMs = useNow(5_000);
  const { token, siteName, knownIds } = issued;
  const arrived = satellites.find((satellite) => satellite.site.id === token.siteId && !knownIds.has(satellite.id));
  return (
    <div className="flex flex-col gap-4">
      <CodeBlock className="max-h-52 break-all">{token.command}</CodeBlock>
      <div className="flex flex-wrap items-center justify-between gap-2">
        <CopyButton text={token.command} label="Copy the command" wide />
        <span className="text-xs text-muted-foreground">Works once, expires {formatIn(token.expiresAt, nowMs)}</span>
      </div>
      <p className="text-xs break-words text-muted-foreground">
        The satellite will trust only orders signed by{' '}
        <code className="font-mono break-all">{token.dispatchKeyFingerprint}</code>.
      </p>
      <div aria-live="polite">
        {arrived === undefined ? (
          <p className="flex items-center gap-2 text-sm text-muted-foreground">
            <Spinner /> Waiting for the satellite at {siteName} to connect…
          </p>
        ) : (
          <Notice
            tone={arrived.status === 'connected' ? 'success' : 'info'}
            title={arrived.status === 'connected' ? `${arrived.name} is connected` : `${arrived.name} has enrolled`}
          >
            {arrived.status === 'connected'
              ? 'Now add the nodes it reaches, and ask them something.'
              : 'It is known now and will connect in a moment.'}
          </Notice>
        )}
      </div>
      <DialogFooter>
        <DialogClose asChild>
          <Button variant={arrived === undefined ? 'secondary' : 'primary'}>
            {arrived === undefined ? 'I have copied it' : 'Done'}
          </Button>
        </DialogClose>
      </DialogFooter>
    </div>
  );
}
