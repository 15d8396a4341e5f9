// What is wrong with the fields of a form, each said at its field: found before it is sent, or told by the API. The first wrong field gets the
// focus, once for each press. The form itself has `noValidate`, or the browser would say it in its own bubbles.
import { type RefObject, useEffect, useRef, useState } from 'react';
import { fieldError, isSaidAtFields } from '../api/describe-failure.ts';
import type { FieldProblems } from './find-missing.ts';

export interface FieldErrors {
  form: RefObject<HTMLFormElement | null>;
  errorOf: (name: string) => string | null;
  /** Whatever the API said stands at a field whose error was asked for. */
  saysAll: () => boolean;
  /** Shows what was found. True: nothing, so that it may be sent. */
  allow: (found: FieldProblems) => boolean;
}

const none: FieldProblems = {};

/** `failure`: what the API said when the form was sent; null where it says nothing about fields. */
export function useFieldErrors(failure: unknown): FieldErrors {
  const form = useRef<HTMLFormElement>(null);
  const [problems, setProblems] = useState(none);
  useEffect(() => {
    if (problems === none && failure === null) return;
    form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  }, [problems, failure]);
  const shown: string[] = [];
  return {
    form,
    errorOf: (name) => {
      shown.push(name);
      return problems[name] ?? fieldError(failure, name);
    },
    saysAll: () => isSaidAtFields(failure, shown),
    allow: (found) => {
      const isRight = Object.keys(found).length === 0;
      setProblems(isRight ? none : { ...found });
      return isRight;
    },
  };
}
