// Making a secret: a form, then what it made, shown once and gone with the dialog.
'use client';
import { Button } from '@sena/ui/button';
import { CodeBlock } from '@sena/ui/code-block';
import { CopyButton } from '@sena/ui/copy-button';
import { Dialog, DialogClose, DialogContent, DialogFooter } from '@sena/ui/dialog';
import { type ReactNode, useState } from 'react';

interface ShownOnce {
  title: string;
  description: string;
  /** What is to be copied. `copy`: what the button says that copies it. */
  lines: ReadonlyArray<{ label: string; text: string; copy: string }>;
  /** How long it works. */
  note?: ReactNode;
}

interface ShownOnceDialogProps<Made> {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  description: string;
  form: (onMade: (made: Made) => void) => ReactNode;
  show: (made: Made) => ShownOnce;
}

export function ShownOnceDialog<Made>({
  open,
  onOpenChange,
  title,
  description,
  form,
  show,
}: ShownOnceDialogProps<Made>) {
  // In a box: what was made may be anything.
  const [result, setResult] = useState<{ made: Made } | null>(null);
  const shown = result === null ? null : show(result.made);
  function change(next: boolean) {
    onOpenChange(next);
    if (!next) setResult(null);
  }
  return (
    <Dialog open={open} onOpenChange={change}>
      <DialogContent title={shown?.title ?? title} description={shown?.description ?? description}>
        {shown === null ? form((made) => setResult({ made })) : <ToCopy shown={shown} />}
      </DialogContent>
    </Dialog>
  );
}

function ToCopy({ shown: { lines, note } }: { shown: ShownOnce }) {
  return (
    <div className="flex flex-col gap-4">
      {lines.map(({ label, text, copy }) => (
        <div key={label} className="flex flex-col gap-1.5">
          <span className="text-[0.8125rem] font-medium">{label}</span>
          <div className="flex flex-wrap items-center gap-2">
            <CodeBlock className="flex-1 basis-60 break-all" label={label}>
              {text}
            </CodeBlock>
            <CopyButton text={text} label={copy} wide />
          </div>
        </div>
      ))}
      {note !== undefined && <p className="text-xs text-muted-foreground">{note}</p>}
      <DialogFooter>
        <DialogClose asChild>
          <Button variant="primary">{lines.length === 1 ? 'I have copied it' : 'I have copied them'}</Button>
        </DialogClose>
      </DialogFooter>
    </div>
  );
}
