// Whether a satellite is there, in words.
import type { Satellite } from '@sena/contracts/http/fleet';
import { Badge, type Tone } from '@sena/ui/badge';
import { Ban, Lock, Plug, Unplug } from 'lucide-react';
import type { ReactNode } from 'react';

const looks: Record<Satellite['status'], { tone: Tone; words: string; icon: ReactNode }> = {
  connected: { tone: 'success', words: 'Connected', icon: <Plug aria-hidden /> },
  disconnected: { tone: 'warning', words: 'Disconnected', icon: <Unplug aria-hidden /> },
  locked: { tone: 'danger', words: 'Locked', icon: <Lock aria-hidden /> },
  revoked: { tone: 'neutral', words: 'Revoked', icon: <Ban aria-hidden /> },
};

export function SatelliteStatus({ status }: { status: Satellite['status'] }) {
  const { tone, words, icon } = looks[status];
  return (
    <Badge tone={tone}>
      {icon}
      {words}
    </Badge>
  );
}
