// What the key is called on this machine: ⌘ on Apple's, Ctrl elsewhere.
import { useEffect, useState } from 'react';

export function useCommandKey(): '⌘' | 'Ctrl' {
  const [key, setKey] = useState<'⌘' | 'Ctrl'>('Ctrl');
  useEffect(() => {
    if (/Mac|iPhone|iPad/.test(navigator.userAgent)) setKey('⌘');
  }, []);
  return key;
}
