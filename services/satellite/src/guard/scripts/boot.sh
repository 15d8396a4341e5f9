# Put before the scripts that have to know which boot this is: sets `now`. Fails where the node does not say.
# The boot id alone is a machine's: a container that is made anew under it has another first process.
read_boot() {
  read -r now </proc/sys/kernel/random/boot_id || return 1
  set -f
  { read -r stat </proc/1/stat; } 2>/dev/null || return 0
  # The program's name is in parentheses and may have blanks in it.
  set -- ${stat##*) }
  now=$now.${20}
}
