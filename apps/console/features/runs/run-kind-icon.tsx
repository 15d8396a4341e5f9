// A question, a command or a runbook, at a glance.
import type { RunKind } from '@sena/contracts/domain/run';
import { BookOpen, type LucideIcon, MessageCircleQuestion, SquareTerminal } from 'lucide-react';

const icons: Record<RunKind, { icon: LucideIcon; label: string }> = {
  ask: { icon: MessageCircleQuestion, label: 'Question' },
  command: { icon: SquareTerminal, label: 'Shell command' },
  runbook: { icon: BookOpen, label: 'Runbook' },
};

export function RunKindIcon({ kind }: { kind: RunKind }) {
  const { icon: Icon, label } = icons[kind];
  return <Icon role="img" aria-label={label} className="size-4 shrink-0 text-muted-foreground" />;
}
