// A command as the API shows it, with its escapes set apart: a person sees which `\u{…}` stands for a character and which is text.
import { Fragment, memo } from 'react';

interface MarkedCommandProps {
  text: string;
  escapes: ReadonlyArray<{ start: number; end: number }>;
}

export const MarkedCommand = memo(function MarkedCommand({ text, escapes }: MarkedCommandProps) {
  let at = 0;
  return (
    <>
      {escapes.map(({ start, end }) => {
        const before = text.slice(at, start);
        at = end;
        return (
          <Fragment key={start}>
            {before}
            <mark
              title="An escape: the character itself can't be seen, or can be taken for another"
              className="rounded-sm bg-warning-soft px-0.5 text-warning"
            >
              {text.slice(start, end)}
            </mark>
          </Fragment>
        );
      })}
      {text.slice(escapes.at(-1)?.end ?? 0)}
    </>
  );
});
