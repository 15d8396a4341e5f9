// Joins class names; of two that say the same thing (`p-2 p-4`) the later wins. Pure.
import { type ClassValue, clsx } from 'clsx';
import { twMerge } from 'tailwind-merge';

export function classNames(...values: ClassValue[]): string {
  return twMerge(clsx(values));
}
