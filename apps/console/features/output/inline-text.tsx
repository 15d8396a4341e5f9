// A line of text on the page with its `code` set apart: a reason, a claim, a piece of an answer. Inert like all of it.
import { InertText } from './inert-text.tsx';
import { type Inline, parseInlines } from './parse-inlines.ts';

export function InlineText({ text }: { text: string }) {
  return <Inlines inlines={parseInlines(text)} />;
}

export function Inlines({ inlines }: { inlines: Inline[] }) {
  return inlines.map((inline, index) => {
    const key = `${index}`;
    switch (inline.kind) {
      case 'text':
        return <InertText key={key} text={inline.text} terminal="show" />;
      case 'strong':
        return (
          <strong key={key} className="font-semibold">
            <InertText text={inline.text} terminal="show" />
          </strong>
        );
      case 'code':
        return (
          <code key={key} className="rounded bg-muted px-1 py-0.5 font-mono text-[0.85em] wrap-anywhere">
            <InertText text={inline.text} terminal="show" />
          </code>
        );
    }
    return inline satisfies never;
  });
}
