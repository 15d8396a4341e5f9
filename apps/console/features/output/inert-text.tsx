// Untrusted text on the page: plain text nodes, with marks where a character would not show itself.
import { Fragment, memo } from 'react';
import { type InertMode, type InertPiece, makeInert } from './make-inert.ts';

export const InertText = memo(function InertText({ text, terminal }: { text: string; terminal: InertMode }) {
  return <InertPieces pieces={makeInert(text, terminal).pieces} />;
});

export function InertPieces({ pieces }: { pieces: InertPiece[] }) {
  return pieces.map((piece, index) => {
    // The pieces of one text never move: their place is their identity.
    const key = `${index}`;
    if (piece.kind === 'text') return <Fragment key={key}>{piece.text}</Fragment>;
    return (
      <span
        key={key}
        title={piece.meaning}
        className="mx-px rounded-sm bg-warning-soft px-0.5 text-[0.85em] text-warning select-none"
      >
        {piece.label}
        {piece.count > 1 && `×${piece.count}`}
      </span>
    );
  });
}
