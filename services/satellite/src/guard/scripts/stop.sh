# Stops a guarded command: TERM, and KILL for what is left after a while. Says what is proven, and writes the end that its guard can't.
# Arguments: directory, execution id, mark, seconds between TERM and KILL, why. The latter stays beside the lock: whoever finds the end finds
# out why it was stopped, also where the one who stopped it is gone before it could tell.
file=$1/$2
mark=$3
kill_after=$4
why=$5
say() { echo "$mark $*" >&2; exit 0; }
read_boot || say unreadable
look() {
  kind= boot= pid= since= code= end=
  { read -r kind boot expires pid since code end <"$file.l"; } 2>/dev/null
}
look
if [ "$end" = end ]; then say had_ended; fi
if [ "$kind" != s ] || [ -z "$pid" ] || [ "$boot" != "$now" ]; then say absent; fi
# Where its guard is gone already, nobody knows how the command ended, and a kill would only hide that.
{ read -r stat </proc/"$pid"/stat; } 2>/dev/null || say absent
set -f
set -- $stat
if [ "${22}" != "$since" ] || [ "$3" = Z ]; then say absent; fi
# "No such process" proves it: kill also fails for processes of other users. What is dead and not reaped yet, which some containers' first
# process never does, is no life either; /proc tells that where it tells of everybody. It is long, so it is read at every tenth look.
group_lives() {
  if ! message=$(kill -0 "-$pid" 2>&1); then
    case $message in *[Nn]"o such process"*) return 1 ;; esac
    return 0
  fi
  [ "$((tries % 10))" = 9 ] && [ -r /proc/1/stat ] || return 0
  set +f
  stats=$(cat /proc/[0-9]*/stat 2>/dev/null)
  set -f
  IFS="
"
  set -- $stats
  unset IFS
  # A program's name may have blanks, parentheses and line ends in it; behind the last one: state, parent, group.
  for stat; do
    set -- ${stat##*) }
    case $1 in Z | X) ;; *) if [ "$3" = "$pid" ]; then return 0; fi ;; esac
  done
  return 1
}
pause() { sleep .1 2>/dev/null || sleep 1; }
# Its code is there, so it has ended by itself, and its guard is about to say so: all of its output goes to disk first.
by_itself=$code
tries=0
while [ -n "$by_itself" ] && [ "$tries" -lt 60 ]; do
  tries=$((tries + 1))
  pause
  look
  if [ "$end" = end ]; then say had_ended; fi
done
# Whoever was first has the word.
[ -n "$by_itself" ] || [ -e "$file.s" ] || { echo "$why" >"$file.s"; } 2>/dev/null
kill -TERM "-$pid" 2>/dev/null
tries=0
while [ "$tries" -lt "$((kill_after * 10))" ] && group_lives; do
  tries=$((tries + 1))
  pause
done
# Its guard survives TERM and belongs to the group, so what is left now has refused to go.
kill -KILL "-$pid" 2>/dev/null
tries=0
while group_lives; do
  tries=$((tries + 1))
  if [ "$tries" -gt 30 ]; then say alive; fi
  pause
done
look
if [ "$end" != end ]; then
  # What carries its output on is no part of the group: it ends by itself, now that nobody writes.
  tries=0 before=
  while sizes=$(ls -ln "$file.o" "$file.e") && [ "$sizes" != "$before" ] && [ "$tries" -lt 30 ]; do
    tries=$((tries + 1)) before=$sizes
    pause
  done
  sync "$file.o" "$file.e"
  echo "s $boot $expires $pid $since ${code:-KILL} end" 1<>"$file.l"
  sync "$file.l"
  # A disk that takes nothing leaves no end behind, and who asks later must not be sent to look for one.
  look
  if [ "$end" != end ]; then say unwritten; fi
fi
if [ -n "$by_itself" ]; then say had_ended; fi
say ended
