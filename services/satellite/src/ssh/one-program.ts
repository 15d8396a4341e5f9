// Entered by command-text: whether all that a shell would do with a command is to start one program with the words that it is written in.
// Then the shell need not be started for it, which costs a node a millisecond. Pure.

/** What no shell takes for anything but itself, wherever it stands in a word. */
const plainWord = /^[A-Za-z0-9_.,:/=@%+-]+$/;
const programName = /^[A-Za-z0-9_./][A-Za-z0-9_./+-]*$/;

/** Reserved words, and what the shells that answer to `sh` do themselves: dash, busybox, bash, ksh, mksh, zsh. */
const shellsOwn = new Set(
  (
    '. alias autoload bg bind break builtin caller case cd chdir command compgen complete compopt continue coproc declare dirs disown do ' +
    'done echo elif else enable end esac eval exec exit export false fc fg fi for foreach function functions getopts global hash help hist ' +
    'history if in integer jobs kill let local logout mapfile nameref namespace nocorrect noglob popd print printf pushd pwd r read ' +
    'readarray readonly rehash rename repeat return select set shift shopt source stop suspend test then time times trap true type typeset ' +
    'ulimit umask unalias unfunction unhash unset until wait whence where which while'
  ).split(' '),
);

/** The program and its arguments, or null: a shell has to read it. */
export function readOneProgram(command: string): string[] | null {
  const words = command.split(' ').filter((word) => word !== '');
  const [program] = words;
  if (program === undefined || !programName.test(program) || shellsOwn.has(program)) return null;
  return words.every((word) => plainWord.test(word)) ? words : null;
}
