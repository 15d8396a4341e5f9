import type { Metadata } from 'next';
import { SatellitesPage } from '../../../features/satellites/satellites-page.tsx';

export const metadata: Metadata = { title: 'Satellites' };

export default function SatellitesRoute() {
  return <SatellitesPage />;
}
