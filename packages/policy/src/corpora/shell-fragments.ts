// Test data: pieces that texts for the shell are put together from at random. No path but /dev/null is absolute, so
// that whatever a text turns out to do stays in the directory of the test.

// biome-ignore-all lint/suspicious/noTemplateCurlyInString: this is shell, not a template

/** Programs that the test puts in the place of real ones; the first list is in the catalogue. */
export const standIns = {
  reading: [
    'ls',
    'cat',
    'uniq',
    'sort',
    'hostname',
    'uname',
    'grep',
    'head',
    'wc',
    'nproc',
    'stat',
    'readlink',
    'echo',
    'seq',
    'pgrep',
  ],
  changing: ['rm', 'evil', 'a', 'b', 'x', 'y', 'sh'],
  asking: ['host', 'nc'],
};

/** Run themselves, so that what they run is seen. */
export const realPrograms = ['find', 'xargs', 'env'];

const words =
  'ls|ls|cat|echo|echo|uniq|sort|hostname|nproc|rm|evil|a|b|x|$x|"$x"|${x}|$?|"a b"|\'a b\'|"|\'|\\|\\;|\\#|\\ |\\$|#|~|*|?|-n|--|-o f|a#b|{}|{1..3}|{a,b}|$1|"$@"|$\'|$"|$((1+1))|$((x+1))|1|2|=|x=1|x=evil|y=$x|x=$(ls)|LC_ALL=C|timeout 5|nice|command -v ls|test a = b|printf %s';
const joints =
  ' | | | |; |;|\n|\n|\t| \\\n|\\\n| && | \\| | \\|\\| |\\|| & |&| ;; |$(|"$(|)|")|(|)|{ |; }|}|`|! |[ | ]|[[ | ]]|if |; then | then |; fi| fi|else |for x in |; do | do |; done| done|while read -r x; do |read -r x|case x in | x) |esac| > | >f|>/dev/null| 2>/dev/null|2>&1| < |<(|<<|<<<|&>|\\|&|>&|() { |function |$((|))|a=(|eval |=~|';

/** Split at `|` that no backslash precedes. */
export const shellFragments: readonly string[] = [words, joints].flatMap((list) =>
  list.split(/(?<!\\)\|/).map((fragment) => fragment.replaceAll('\\|', '|')),
);

/** Whole statements that run without a person, for texts that are mostly well-formed. */
export const allowedStatements: readonly string[] = [
  'ls',
  'ls -la',
  'echo "$(ls)" a',
  'cat < /dev/null',
  'ls 2>/dev/null a',
  'for x in a b; do echo "$x"; ls $x; done',
  'if [ -f a ]; then ls; else hostname; fi',
  'while read -r x; do echo "$x"; done',
  'case a in a) ls;; *) uname;; esac',
  '! ls',
  '{ ls; nproc; }',
  '( ls; uname -r )',
  'x=1; echo $((x + 1)) $x',
  'ls | sort | uniq -c',
  'ls && uname || hostname',
  'echo \\; "a;b" \'c|d\'',
  'LC_ALL=C sort a',
  'uname # a comment',
  'sort \\\n a',
  'echo $(nproc) | cat',
  'find . -exec ls {} \\;',
  "find ./ -name '*' -exec stat {} + -exec ls /dev/null {} +",
  'find . -maxdepth 0 -exec echo {} \\; | xargs -r ls -l',
  'find . ! -name x -exec ls -d {} \\; -o -exec readlink {} \\;',
  'echo a "-o f" | xargs ls',
  'ls | xargs -n 1 -P 2 stat',
  'ls | xargs -0I{} readlink {} a',
  'echo a | xargs -I % ls -d % x',
  'uname | xargs',
  'pgrep a | xargs -I{} ls a{}b',
  'pgrep -x a | sort -n | xargs -n 1 ls -d',
  'pgrep a | xargs -I % cat x%/y',
  'ls a{}b {}',
  'env LC_ALL=C ls a',
  'for x in $(pgrep a); do ls $x; done',
];

/** Whole statements that ask the network by words that are written out, and run without a person. */
export const askingStatements: readonly string[] = [
  'host a',
  'host a b | cat',
  'nc -z a 22',
  'nc -zv "b" 22 443 2>/dev/null',
  'for x in a b; do host $x; done',
  'x=a; host "$x.b"',
  'if host a; then nc -z a 22; fi',
  'echo "$(host a)" x',
  'echo ruok | nc a 22',
  'echo stat | nc -N b 22 | sort',
];

/** Whole statements of which every argument is described, and that change something: rules may let them run. */
export const changingStatements: readonly string[] = [
  'rm a',
  'rm -rf a b',
  'rm -f -- a',
  'for x in a b; do rm $x; done',
  'x=a; rm "$x"',
  'rm {1..3}',
  'if [ -f a ]; then rm a; else ls; fi',
  'ls && rm x',
  'echo "$(rm y)" a',
  'timeout 5 rm a',
  '( rm a; ls )',
  'rm a 2>/dev/null',
  'rm -r "a b"',
];
