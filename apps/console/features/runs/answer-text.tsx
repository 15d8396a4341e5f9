// An answer on the page: blocks of inert text.
import { CodeBlock } from '@sena/ui/code-block';
import { InertText } from '../output/inert-text.tsx';
import { Inlines } from '../output/inline-text.tsx';
import { parseAnswer } from './parse-answer.ts';

export function AnswerText({ text }: { text: string }) {
  return (
    <div className="flex max-w-3xl flex-col gap-3 text-[0.9375rem] leading-6 break-words">
      {parseAnswer(text).map((block, index) => {
        // The blocks of one text never move: their place is their identity.
        const key = `${index}`;
        switch (block.kind) {
          case 'heading':
            return (
              <h3 key={key} className="mt-1 text-sm font-semibold">
                <Inlines inlines={block.inlines} />
              </h3>
            );
          case 'paragraph':
            return (
              <p key={key} className="whitespace-pre-line">
                <Inlines inlines={block.inlines} />
              </p>
            );
          case 'list': {
            const List = block.ordered ? 'ol' : 'ul';
            return (
              <List
                key={key}
                className={`flex flex-col gap-1.5 pl-5 marker:text-muted-foreground ${block.ordered ? 'list-decimal' : 'list-disc'}`}
              >
                {block.items.map((item, place) => (
                  <li key={`${key}.${place}`}>
                    <Inlines inlines={item} />
                  </li>
                ))}
              </List>
            );
          }
          case 'code':
            return (
              <CodeBlock key={key} size="sm" wrap={false}>
                <InertText text={block.text} terminal="show" />
              </CodeBlock>
            );
        }
        return block satisfies never;
      })}
    </div>
  );
}
