// Questions that have an answer here: one of each runbook. A press writes it into the box.
'use client';
import { Button } from '@sena/ui/button';
import { Skeleton } from '@sena/ui/skeleton';
import { useState } from 'react';
import { useRunbooks } from './use-runbooks.ts';

const shownFirst = 6;

export function ExampleQuestions({ onChoose }: { onChoose: (question: string) => void }) {
  const runbooks = useRunbooks();
  const [all, setAll] = useState(false);
  if (runbooks.isPending) {
    return (
      <div role="status" aria-label="Loading example questions" className="flex flex-wrap gap-2">
        <Skeleton className="h-7 w-48" />
        <Skeleton className="h-7 w-40" />
        <Skeleton className="h-7 w-56" />
      </div>
    );
  }
  // Examples are a courtesy: without them the box works all the same.
  const questions = (runbooks.data?.items ?? []).flatMap((runbook) => runbook.questions.slice(0, 1));
  if (questions.length === 0) return null;
  const shown = all ? questions : questions.slice(0, shownFirst);
  return (
    <ul className="flex flex-wrap gap-2" aria-label="Example questions">
      {shown.map((question) => (
        <li key={question}>
          <Button
            size="sm"
            className="h-auto min-h-7 rounded-full py-1 text-left font-normal whitespace-normal"
            onClick={() => onChoose(question)}
          >
            {question}
          </Button>
        </li>
      ))}
      {questions.length > shown.length && (
        <li>
          <Button size="sm" variant="ghost" className="rounded-full" onClick={() => setAll(true)}>
            {questions.length - shown.length} more
          </Button>
        </li>
      )}
    </ul>
  );
}
