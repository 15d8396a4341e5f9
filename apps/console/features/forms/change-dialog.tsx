// Changing one thing of a list: open while there is one. Each time it opens anew, without what was written in it before.
'use client';
import { Dialog, DialogContent } from '@sena/ui/dialog';
import type { ReactNode } from 'react';

interface ChangeDialogProps<Thing> {
  /** null: none, the dialog is closed. */
  thing: Thing | null;
  onClose: () => void;
  title: (thing: Thing) => string;
  description: string;
  /** Its form. */
  children: (thing: Thing) => ReactNode;
}

export function ChangeDialog<Thing>({ thing, onClose, title, description, children }: ChangeDialogProps<Thing>) {
  return (
    <Dialog open={thing !== null} onOpenChange={(open) => !open && onClose()}>
      {thing !== null && (
        <DialogContent title={title(thing)} description={description}>
          {children(thing)}
        </DialogContent>
      )}
    </Dialog>
  );
}
