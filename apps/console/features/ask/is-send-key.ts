// Which key sends what is written, by where the cursor is. Pure.

type Key = Readonly<Record<'ctrlKey' | 'metaKey' | 'shiftKey', boolean>> & { readonly key: string };

/** `line`: a field of one line, or a button; Enter by itself does there what a browser has it do. */
export function isSendKey({ key, ctrlKey, metaKey, shiftKey }: Key, place: 'ask' | 'command' | 'line'): boolean {
  if (key !== 'Enter') return false;
  // A question is one line, Enter sends it; a command may be a script, so it takes Ctrl or ⌘ with it.
  return ctrlKey || metaKey || (place === 'ask' && !shiftKey);
}
