// Who is signed in. Only below <RequireSession>, which knows it before anything else is drawn.
import type { Me } from '@sena/contracts/http/session';
import { createContext, useContext } from 'react';

export const MeContext = createContext<Me | null>(null);

export function useMe(): Me {
  const me = useContext(MeContext);
  if (me === null) throw new Error('useMe is used outside <RequireSession>');
  return me;
}

/** May they change sites, satellites and nodes? The API decides; this only spares them buttons that it would refuse. */
export function useMayManageFleet(): boolean {
  return useMe().permissions.includes('fleet:manage');
}

/** May they let a satellite in again of which two copies were seen? */
export function useMayUnlockSatellites(): boolean {
  return useMe().permissions.includes('trust:unlock');
}

/** May they write policies? */
export function useMayManagePolicies(): boolean {
  const { role } = useMe();
  return role === 'owner' || role === 'admin';
}
