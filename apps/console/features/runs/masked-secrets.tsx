// Beside an execution's output: how many secrets were masked in it before it left the satellite, and by which rules.
import type { Execution } from '@sena/contracts/http/runs';
import { Notice } from '@sena/ui/notice';
import { describeMasked } from './describe-masked.ts';

export function MaskedSecrets({ redaction }: { redaction: NonNullable<Execution['redaction']> }) {
  const { sentence, rules } = describeMasked(redaction);
  return (
    <Notice tone="info" title={sentence}>
      <p>{rules}. Each byte of them is an asterisk; every other byte is as the command wrote it.</p>
    </Notice>
  );
}
