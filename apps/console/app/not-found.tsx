// An address that leads nowhere.
import { Button } from '@sena/ui/button';
import { EmptyState } from '@sena/ui/empty-state';
import { SearchX } from 'lucide-react';
import Link from 'next/link';

export default function NotFound() {
  return (
    <main className="flex min-h-dvh items-center justify-center">
      <EmptyState
        icon={<SearchX />}
        title="Nothing lives at this address"
        action={
          <Button asChild variant="primary">
            <Link href="/">Go home</Link>
          </Button>
        }
      >
        The link may be old, or cut off when it was copied.
      </EmptyState>
    </main>
  );
}
