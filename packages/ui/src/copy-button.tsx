// Puts a text on the clipboard and says that it did, or that the browser refused.
import { Check, Copy } from 'lucide-react';
import { useEffect, useState } from 'react';
import { Button } from './button.tsx';

type State = 'idle' | 'copied' | 'refused';

interface CopyButtonProps {
  text: string;
  label: string;
  /** Shows the label beside the icon. */
  wide?: boolean;
  className?: string;
}

export function CopyButton({ text, label, wide, className }: CopyButtonProps) {
  const [state, setState] = useState<State>('idle');
  useEffect(() => {
    if (state === 'idle') return;
    const timer = setTimeout(() => setState('idle'), 2_500);
    return () => clearTimeout(timer);
  }, [state]);

  async function copy() {
    try {
      await navigator.clipboard.writeText(text);
      setState('copied');
    } catch {
      // Plain http on another host, or no permission: the person can still select the text.
      setState('refused');
    }
  }

  const words = { idle: label, copied: 'Copied', refused: 'Select the text and copy it by hand' }[state];
  return (
    <Button
      variant={wide === true ? 'secondary' : 'ghost'}
      size={wide === true ? 'sm' : 'icon'}
      className={className}
      onClick={copy}
      aria-label={wide === true ? undefined : words}
      title={words}
    >
      {state === 'copied' ? <Check className="text-success" /> : <Copy />}
      {wide === true && <span aria-live="polite">{words}</span>}
    </Button>
  );
}
