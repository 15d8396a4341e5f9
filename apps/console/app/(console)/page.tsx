import type { Metadata } from 'next';
import { HomePage } from '../../features/ask/home-page.tsx';

export const metadata: Metadata = { title: 'Home' };

export default function HomeRoute() {
  return <HomePage />;
}
