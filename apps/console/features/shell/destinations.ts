// The console's places, in the order of the sidebar and of the command menu.
import {
  House,
  Inbox,
  KeyRound,
  List,
  type LucideIcon,
  Plug,
  ScrollText,
  Server,
  ShieldCheck,
  Users,
} from 'lucide-react';

export interface Destination {
  path: string;
  name: string;
  icon: LucideIcon;
  /** Pressed after `g`. */
  key: string;
}

export const destinations: readonly Destination[] = [
  { path: '/', name: 'Home', icon: House, key: 'h' },
  { path: '/runs', name: 'Runs', icon: List, key: 'r' },
  { path: '/approvals', name: 'Approvals', icon: Inbox, key: 'a' },
  { path: '/policies', name: 'Policies', icon: ShieldCheck, key: 'p' },
  { path: '/nodes', name: 'Nodes', icon: Server, key: 'n' },
  { path: '/satellites', name: 'Satellites', icon: Plug, key: 's' },
  { path: '/members', name: 'Members', icon: Users, key: 'm' },
  { path: '/api-keys', name: 'API keys', icon: KeyRound, key: 'k' },
  { path: '/audit', name: 'Audit', icon: ScrollText, key: 'l' },
];

/** Whether `pathname` lies at or below a destination. */
export function isAt(destination: Destination, pathname: string): boolean {
  if (destination.path === '/') return pathname === '/';
  return pathname === destination.path || pathname.startsWith(`${destination.path}/`);
}
