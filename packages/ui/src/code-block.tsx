// Text in which every character counts. With a label it is a region of its own that can be scrolled by keyboard.
import type { ReactNode } from 'react';
import { classNames } from './class-names.ts';

interface CodeBlockProps {
  children: ReactNode;
  label?: string;
  size?: 'xs' | 'sm';
  /** Long lines break instead of scrolling. */
  wrap?: boolean;
  className?: string;
}

export function CodeBlock({ children, label, size = 'xs', wrap = true, className }: CodeBlockProps) {
  const frame = classNames('min-w-0 overflow-auto rounded-lg border border-border bg-code px-3 py-2.5', className);
  const text = (
    <pre
      className={classNames(
        'font-mono leading-5',
        size === 'xs' ? 'text-xs' : 'text-[0.8125rem]',
        wrap ? 'break-words whitespace-pre-wrap' : 'whitespace-pre',
      )}
    >
      {children}
    </pre>
  );
  if (label === undefined) return <div className={frame}>{text}</div>;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <section aria-label={label} tabIndex={0} className={frame}>
      {text}
    </section>
  );
}
