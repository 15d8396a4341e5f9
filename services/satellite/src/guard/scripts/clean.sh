# Removes what nobody needs any more: outputs of executions whose end is known elsewhere, and locks a day after they expired, by the clocks of
# both ends. A node's clock that is ahead for a while removes nothing.
# Arguments: directory, the satellite's time (seconds since 1970), then execution ids.
cd "$1" || exit
here=$2
shift 2
for id; do rm -f "$id.o" "$id.e" "$id.a" "$id.k" "$id.p" "$id.t" "$id.s"; done
now=$(date +%s)
# The one that is behind.
if [ "$here" -lt "$now" ]; then now=$here; fi
for lock in *.l; do
  kind= boot= expires= pid= since= code= end=
  { read -r kind boot expires pid since code end <"$lock"; } 2>/dev/null
  case $expires in '' | *[!0-9]*) continue ;; esac
  if [ "$((expires + 86400))" -ge "$now" ]; then continue; fi
  # What still runs keeps its lock.
  if [ "$kind" = s ] && [ "$end" != end ] && [ -n "$pid" ] && [ -e "/proc/$pid" ]; then continue; fi
  id=${lock%.l}
  rm -f "$id.o" "$id.e" "$id.a" "$id.k" "$id.p" "$id.t" "$id.s" "$lock"
done
