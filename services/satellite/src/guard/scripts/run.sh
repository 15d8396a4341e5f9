# Runs a command once under a lock that outlives every connection. Whoever made the lock decides alone whether the command starts.
# Arguments: directory, execution id, boot id, expiry (seconds since 1970), mark, shell, command.
# The lock's one line: `s <boot> <expiry>`, once it runs ` <pid> <start time>`, then ` <code or signal>`, and ` end` when all of it is on disk.
# A tombstone's: `t <boot> <expiry>`.
# It is always written in place, into a block that is there already: a disk that fills up meanwhile does not lose it.
file=$1/$2
boot=$3
expiry=$4
mark=$5
say() { echo "$mark $*" >&2; exit 0; }
set -C
{ true >"$file.l"; } 2>/dev/null || { if [ -e "$file.l" ]; then say locked; else say no_room; fi; }
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
  file=$1 line="s $2 $3" shell=$4 command=$5
  exec 3>"$file.o" 4>"$file.e" 2>"$file.k" || exit
  read -r stat </proc/$$/stat
  set -- $stat
  line="$line $$ ${22}"
  echo "$line" 1<>"$file.l" || exit
  (exec "$shell" -c "$command" >&3 2>&4 3>&- 4>&-)
  code=$?
  exec 3>&- 4>&-
  # A shell tells on its own stderr of a child that a signal has ended; that tells it from one that chose such a code.
  if [ "$code" -gt 128 ] && [ -s "$file.k" ]; then code=$(kill -l "$((code - 128))"); fi
  echo "$line $code" 1<>"$file.l"
  sync "$file.o" "$file.e"
  echo "$line $code end" 1<>"$file.l"
  sync "$file.l"
' sena-guard "$file" "$boot" "$expiry" "$6" "$7" </dev/null >/dev/null 5>&-
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
say ended "$code"
