# Says whether this node can hold a guard, and where. Changes nothing but its own directory.
# Arguments: the mark that its one answer carries.
mark=$1
say() { echo "$mark $*" >&2; exit 0; }
read_boot || say unplaceable 'it has no boot id under /proc'
for program in setsid sync tail cat sleep mkfifo tee; do
  command -v "$program" >/dev/null || say unplaceable "it has no $program"
done
if [ "$(id -u)" = 0 ]; then directory=/var/lib/sena/guard; else directory=$HOME/.sena-guard; fi
if [ -d "$directory" ] || problem=$(umask 077 && mkdir -p "$directory" 2>&1); then
  if [ -w "$directory" ]; then say placed "$now" "$directory"; fi
  problem="$directory is not writable"
fi
case $problem in
  *": No space left on device" | *": Disk quota exceeded" | *": Quota exceeded") say full "$problem" ;;
  *) say unplaceable "$problem" ;;
esac
