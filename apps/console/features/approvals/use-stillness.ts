// Has a thing stood where it is for long enough to be pressed on purpose? A page that changes can put one button where another was.
import { type RefObject, useCallback, useEffect, useLayoutEffect, useRef } from 'react';

/** Longer than a double click, shorter than reading. */
export const stillForMs = 700;
const movedPx = 2;

/** `hasBeenStill()` is false for a while after the element appeared or was moved, by whatever on the page. */
export function useStillness(element: RefObject<HTMLElement | null>): () => boolean {
  const place = useRef<{ top: number; sinceMs: number } | null>(null);
  const look = useCallback(() => {
    if (element.current === null) return;
    const top = element.current.getBoundingClientRect().top + window.scrollY;
    if (place.current !== null && Math.abs(place.current.top - top) <= movedPx) return;
    place.current = { top, sinceMs: performance.now() };
  }, [element]);

  useLayoutEffect(look);
  useEffect(() => {
    const observer = new ResizeObserver(look);
    observer.observe(document.body);
    return () => observer.disconnect();
  }, [look]);

  return useCallback(() => {
    look();
    return place.current !== null && performance.now() - place.current.sinceMs >= stillForMs;
  }, [look]);
}
