# Runs a command once under a lock that outlives every connection. Whoever made the lock decides alone whether the command starts.
# Arguments: directory, execution id, boot id, expiry (seconds since 1970), mark, shell, command, bytes of each stream that may stay on disk.
# The lock's one line: `s <boot> <expiry>`, once it runs ` <pid> <start time>`, then ` <code or signal>`, and ` end` when all of it is on disk.
# A tombstone's: `t <boot> <expiry>`.
# It is always written in place, into a block that is there already: a disk that fills up meanwhile does not lose it.
file=$1/$2
boot=$3
expiry=$4
mark=$5
say() { echo "$mark $*" >&2; exit 0; }
set -C
{ true >"$file.l"; } 2>/dev/null || {
  if [ -e "$file.l" ]; then say locked; fi
  # Removed since it was placed, or made read-only.
  if [ -w "$1" ]; then say no_room; else say no_place; fi
}
set +C
{ echo "s $boot $expiry" >"$file.l" && true >"$file.o" && true >"$file.e"; } 2>/dev/null || {
  rm -f "$file.l" "$file.o" "$file.e"
  say no_room
}
# In the foreground: a job in the background would run with SIGINT ignored. Its session is its own, so no connection's end reaches it.
# What shells say themselves of a process that was killed is nobody's output.
exec 5>&2 2>/dev/null
setsid sh -c '
  trap : HUP INT TERM
  set -f
  # As sh, bash says nothing of a child that a signal has ended.
  if [ -n "$BASH_VERSION" ] && (set +o posix) 2>/dev/null; then set +o posix; fi
  file=$1 line="s $2 $3" shell=$4 command=$5 most=$6
  exec 3>"$file.o" 4>"$file.e" 2>"$file.k" || exit
  # Its block is there when the disk is full.
  echo "                                        " >"$file.t" || exit
  # The command writes into pipes. What it opens once more as /dev/stdout is the pipe again: nobody cuts off what is there, or writes past
  # what bounds it. Who carries it on is no part of its group, ends with the last writer, and takes all of it also when the disk is full.
  carry() { (trap "" HUP INT TERM; exec setsid tee /dev/null <&7 >&"$1" 2>/dev/null 3>&- 4>&- 7<&- 8>&- 9>&-) & }
  mkfifo "$file.p" || exit
  exec 6<>"$file.p" 7<"$file.p" 8>"$file.p" 6>&-
  rm -f "$file.p"
  carry 3
  carrier=$!
  mkfifo "$file.p" || exit
  exec 6<>"$file.p" 7<"$file.p" 9>"$file.p" 6>&-
  rm -f "$file.p"
  carry 4
  carriers="$carrier $!"
  exec 7<&-
  read -r stat </proc/$$/stat
  set -- $stat
  line="$line $$ ${22}"
  echo "$line" 1<>"$file.l" || exit
  # What carries writes where its last byte ended, so the kernel knows how much there was, also of what is gone.
  written() {
    wrote=0
    { read -r name wrote </proc/self/fdinfo/"$1"; } 2>/dev/null
  }
  # Nobody wants more than that of it. What is cut off leaves a hole behind: the command notices nothing. Without dd it stays.
  bound() {
    written "$1"
    [ "$wrote" -gt "$most" ] && dd if=/dev/null of="$2" bs=1 seek="$most" count=0
  }
  # Ends with its guard. What is killed beside it may tell it to, and it goes on.
  (
    trap : HUP INT TERM
    tries=0
    while read -r self name state parent rest </proc/self/stat && [ "$parent" = "$$" ]; do
      tries=$((tries + 1))
      if [ "$tries" -ge 25 ] || ! sleep .2; then sleep 1; fi
      bound 3 "$file.o"
      bound 4 "$file.e"
    done
  ) 2>/dev/null 8>&- 9>&- &
  watcher=$!
  (exec "$shell" -c "$command" >&8 2>&9 3>&- 4>&- 8>&- 9>&-)
  code=$?
  # A shell tells on its own stderr of a child that a signal has ended; that tells it from one that chose such a code.
  if [ "$code" -gt 128 ] && [ -s "$file.k" ]; then code=$(kill -l "$((code - 128))"); fi
  echo "$line $code" 1<>"$file.l"
  exec 8>&- 9>&-
  # Once it has ended, or sleeps, nothing is left in its pipe: something that the command left running may still write. It fails where not
  # all of it found room.
  carried() {
    looks=0 sleeps=0
    while [ "$sleeps" -lt 2 ]; do
      state=Z
      { read -r own name state rest </proc/"$1"/stat; } 2>/dev/null
      case $state in
        Z) wait "$1"; return ;;
        S) sleeps=$((sleeps + 1)) looks=1000 ;;
        *) sleeps=0 looks=$((looks + 1)) ;;
      esac
      if [ "$looks" -ge 1000 ]; then sleep .1 || sleep 1; fi
    done
  }
  cut=
  {
    kill -KILL "$watcher"
    wait "$watcher"
    set -- $carriers
    # At least one byte more than is there.
    lost=0 lost_too=0
    carried "$1" || cut=yes lost=1
    carried "$2" || cut=yes lost_too=1
    bound 3 "$file.o" && cut=yes
    out=$((wrote + lost))
    bound 4 "$file.e" && cut=yes
    if [ "$cut" = yes ]; then
      echo "$out $((wrote + lost_too))" 1<>"$file.t"
      sync "$file.t"
    else
      rm -f "$file.t"
    fi
  } 2>/dev/null
  exec 3>&- 4>&-
  sync "$file.o" "$file.e"
  echo "$line $code end" 1<>"$file.l"
  sync "$file.l"
' sena-guard "$file" "$boot" "$expiry" "$6" "$7" "$8" </dev/null >/dev/null 5>&-
exec 2>&5 5>&-
read -r kind written expires pid since code end <"$file.l"
if [ "$end" != end ]; then
  if [ -n "$pid" ]; then say lost; fi
  # Its output could not be opened: the command never began, and nobody may begin it any more.
  echo "t $boot $expiry" 1<>"$file.l"
  say no_room
fi
# Somebody else has begun to read: all of it goes there.
if [ -e "$file.a" ]; then say streamed; fi
if [ -s "$file.o" ]; then cat "$file.o"; fi
if [ -s "$file.e" ]; then cat "$file.e" >&2; fi
# How much there was of either stream, where not all of it is on disk.
all= why=
if [ -e "$file.t" ]; then read -r all <"$file.t"; fi
# And why it was stopped.
if [ -e "$file.s" ]; then read -r why <"$file.s"; fi
say ended "$code" $all $why
