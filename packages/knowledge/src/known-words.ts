// The words that SENA's own runbooks are asked with: none of them is taken for the name of a node or a site. Pure.
import { ownRunbooks } from './own-runbooks.ts';

export const knownWords: ReadonlySet<string> = new Set(
  ownRunbooks
    .flatMap(({ title, description, questions, keywords }) => [title, description, ...questions, keywords])
    .join(' ')
    .toLowerCase()
    .match(/[a-z]+/g),
);
