// Keys that work everywhere: ⌘K or Ctrl K for the command menu, `g` and a letter for a place, `/` for the page's search or
// ask box. Never while someone types.
import { useRouter } from 'next/navigation';
import { useEffect } from 'react';
import { destinations } from './destinations.ts';

const chordMs = 1_200;

export function useShortcuts(onCommandMenu: () => void): void {
  const router = useRouter();
  useEffect(() => {
    let chordUntil = 0;
    function onKeyDown(event: KeyboardEvent) {
      if ((event.metaKey || event.ctrlKey) && event.key.toLowerCase() === 'k') {
        event.preventDefault();
        onCommandMenu();
        return;
      }
      if (event.metaKey || event.ctrlKey || event.altKey || event.defaultPrevented || isBusy(event.target)) return;
      if (event.key === '/') {
        const field = document.querySelector<HTMLElement>('[data-slash-focus]');
        if (field === null) return;
        event.preventDefault();
        field.focus();
        return;
      }
      if (event.key === 'g') {
        chordUntil = event.timeStamp + chordMs;
        return;
      }
      const destination = destinations.find((candidate) => candidate.key === event.key);
      if (destination !== undefined && event.timeStamp < chordUntil) router.push(destination.path);
      chordUntil = 0;
    }
    window.addEventListener('keydown', onKeyDown);
    return () => window.removeEventListener('keydown', onKeyDown);
  }, [router, onCommandMenu]);
}

/** Someone types, or a dialog or menu has the keyboard. */
function isBusy(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || target.closest('input, textarea, select, [role="dialog"], [role="menu"]') !== null;
}
