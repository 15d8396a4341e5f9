// Up to where somebody vouches for the audit, who refuses to, and the verification on the spot.
'use client';
import type { AuditCheckpoint } from '@sena/contracts/http/audit';
import { ProblemError } from '@sena/sdk/problem-error';
import { takeData } from '@sena/sdk/take-data';
import { Button } from '@sena/ui/button';
import { Card, CardHeader, CardTitle } from '@sena/ui/card';
import { Notice } from '@sena/ui/notice';
import { useMutation, useQuery } from '@tanstack/react-query';
import { Download, ShieldCheck } from 'lucide-react';
import Link from 'next/link';
import { apiBaseUrl, sena } from '../api/sena-client.ts';
import { InertText } from '../output/inert-text.tsx';
import { Ago } from '../time/ago.tsx';
import { describeSigned, describeVerification, describeWitnessed } from './describe-proof.ts';

export function ProofCard() {
  const proof = useQuery({
    queryKey: ['audit', 'proof'],
    queryFn: ({ signal }) => takeData(sena.GET('/v1/audit-checkpoint', { signal })),
    refetchInterval: 15_000,
  });
  const verification = useMutation({
    mutationFn: () => takeData(sena.GET('/v1/audit-verification')),
  });
  // The table below says what is wrong.
  if (proof.data === undefined) return null;
  const refusing = proof.data.witnesses.filter(({ refusal }) => refusal !== null);
  return (
    <Card aria-label="Proof">
      <CardHeader>
        <CardTitle>Proof</CardTitle>
        <div className="flex flex-wrap items-center gap-2">
          <Button size="sm" busy={verification.isPending} onClick={() => verification.mutate()}>
            <ShieldCheck aria-hidden /> Verify
          </Button>
          <Button size="sm" variant="ghost" asChild>
            <a href={`${apiBaseUrl}/v1/audit-export`} download>
              <Download aria-hidden /> Export
            </a>
          </Button>
        </div>
      </CardHeader>
      <div className="flex flex-col gap-3 p-4">
        <dl className="grid grid-cols-[7rem_minmax(0,1fr)] gap-y-2 text-[0.8125rem]">
          <dt className="text-muted-foreground">Signed</dt>
          <dd>
            {describeSigned(proof.data)}
            {proof.data.checkpoint !== null && (
              <span className="text-muted-foreground">
                {' '}
                Last <Ago at={proof.data.checkpoint.at} />.
              </span>
            )}
          </dd>
          <dt className="text-muted-foreground">Witnessed</dt>
          <dd>
            <WitnessedText proof={proof.data} />
          </dd>
          {proof.data.checkpoint !== null && (
            <>
              <dt className="text-muted-foreground">Key</dt>
              <dd className="font-mono text-xs leading-5 break-all">{proof.data.checkpoint.keyFingerprint}</dd>
            </>
          )}
        </dl>
        {refusing.map(({ satelliteId, name, refusal }) => (
          <Notice key={satelliteId} tone="danger" role="alert" title={`${name} does not sign the last checkpoint`}>
            <InertText text={refusal?.message ?? ''} terminal="show" /> Its operator has the evidence:{' '}
            <code className="font-mono text-xs">satellite checkpoint</code>. Export the audit and hold it against that.
          </Notice>
        ))}
        <div aria-live="polite">
          {verification.data !== undefined && <Finding verification={verification.data} />}
          {verification.error !== null && (
            <Notice tone="danger" title="It could not be verified now">
              {verification.error instanceof ProblemError ? verification.error.message : 'Try again in a moment.'}
            </Notice>
          )}
        </div>
      </div>
    </Card>
  );
}

function WitnessedText({ proof }: { proof: AuditCheckpoint }) {
  const witnessed = describeWitnessed(proof);
  switch (witnessed.kind) {
    case 'nobody':
      return (
        <>
          By nobody outside: no satellite has joined.{' '}
          <Link href="/satellites?add" className="font-medium text-primary underline-offset-4 hover:underline">
            Add one
          </Link>
          , and it keeps what it has seen.
        </>
      );
    case 'waiting':
      return <>Not yet. A connected satellite signs within seconds of a checkpoint.</>;
    case 'signed':
      return <>{witnessed.text}</>;
  }
}

function Finding({ verification }: { verification: Parameters<typeof describeVerification>[0] }) {
  const { tone, title, text } = describeVerification(verification);
  return (
    <Notice tone={tone} title={title}>
      <InertText text={text} terminal="show" />
    </Notice>
  );
}
