// The console itself failed while drawing a page: says so and offers the way on.
'use client';
import { Button } from '@sena/ui/button';
import { EmptyState } from '@sena/ui/empty-state';
import { CircleAlert } from 'lucide-react';

export default function ConsoleFailed({ reset }: { error: Error; reset: () => void }) {
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <EmptyState
        icon={<CircleAlert />}
        title="The console failed to draw this page"
        action={
          <>
            <Button variant="primary" onClick={reset}>
              Try again
            </Button>
            <Button asChild>
              <a href="/">Go home</a>
            </Button>
          </>
        }
      >
        Your runs are not affected: they go on without this page. If it happens again, tell whoever runs SENA which page
        it was.
      </EmptyState>
    </main>
  );
}
