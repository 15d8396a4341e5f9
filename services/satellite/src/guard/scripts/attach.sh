# Finds out what became of a command, and follows it to its end. Never starts anything.
# Arguments: directory, execution id, boot id at the start or -, expiry, mark, bytes of stdout and stderr that are known already, and
# what to do where there is no lock: `find` plants a tombstone by the same lock, so that nobody can start it later; `follow` waits for
# the lock, because the one who starts it is under way. Then the satellite's time (seconds since 1970).
file=$1/$2
started=$3
expiry=$4
mark=$5
say() { echo "$mark $*" >&2; exit 0; }
read_boot || say unreadable
pause() { sleep .2 2>/dev/null || sleep 1; }
if [ "$8" = follow ]; then
  tries=0
  until [ -e "$file.l" ]; do
    if [ "$tries" -ge 150 ]; then say absent; fi
    tries=$((tries + 1))
    pause
  done
elif ! [ -e "$file.l" ]; then
  # From a day after its expiry on the lock may have been removed for its age: then a missing one proves nothing. Before that by the
  # satellite's clock nothing was, whatever the node's clock says or said.
  [ "$9" -le "$((expiry + 86400))" ] 2>/dev/null || say forgotten
  set -C
  if { true >"$file.l"; } 2>/dev/null; then
    set +C
    { echo "t $now $expiry" >"$file.l"; } 2>/dev/null || { rm -f "$file.l"; say no_lock; }
    sync "$file.l"
  elif ! [ -e "$file.l" ]; then
    say no_lock
  fi
  set +C
fi
look() {
  kind= boot= pid= since= code= end=
  { read -r kind boot expires pid since code end <"$file.l"; } 2>/dev/null
}
# The same boot, the same process, and not a zombie.
alive() {
  [ "$boot" = "$now" ] && [ -n "$pid" ] && { read -r stat </proc/"$pid"/stat; } 2>/dev/null || return 1
  set -f
  set -- $stat
  [ "${22}" = "$since" ] && [ "$3" != Z ]
}
# The lock is there and the rest is not: its maker is about to write it, or is gone.
unmade() {
  [ -z "$kind" ] && return
  [ "$kind" = s ] && [ -z "$pid" ] && ! { [ -e "$file.o" ] && [ -e "$file.e" ]; }
}
tries=0
look
while unmade && [ "$tries" -lt 10 ]; do
  pause
  tries=$((tries + 1))
  look
done
if [ "$kind" = t ]; then
  if [ "$boot" = "$started" ]; then say tombstone; else say tombstone_of_another_boot; fi
fi
if [ "$kind" != s ]; then say lost; fi
if ! [ -e "$file.o" ] || ! [ -e "$file.e" ]; then
  if [ "$end" = end ]; then say cleaned "$code"; fi
  say lost
fi
{ true >"$file.a"; } 2>/dev/null
exec 3<"$file.o" 4<"$file.e"
tail -c +$(($6 + 1)) <&3
tail -c +$(($7 + 1)) <&4 >&2
tries=0
while :; do
  look
  state=running
  if [ "$end" = end ]; then
    state=ended
  elif ! alive; then
    look
    if [ "$end" = end ]; then
      state=ended
    elif alive; then
      # It began between the two looks.
      state=running
    elif [ "$boot" != "$now" ]; then
      state=rebooted
    elif [ -n "$pid" ] || [ "$tries" -ge 10 ]; then
      state=lost
    fi
  fi
  # Everything that was written before it ended is in the files by now.
  cat <&3
  cat <&4 >&2
  case $state in
    ended)
      # How much there was of either stream, where not all of it is on disk.
      all= why=
      if [ -e "$file.t" ]; then read -r all <"$file.t"; fi
      # And why it was stopped.
      if [ -e "$file.s" ]; then read -r why <"$file.s"; fi
      say ended "$code" $all $why
      ;;
    lost | rebooted) say "$state" ;;
  esac
  tries=$((tries + 1))
  if [ "$tries" -lt 25 ]; then pause; else sleep 1; fi
done
