# What a node's guard finds when its power is back. Run by the node's init before anything else; does nothing after a reboot.
# Of each file: what it held when it was last synced, or all that was written, or, if it never was synced, nothing or not even its name.
disk=/srv/disk
[ -e "$disk/lost" ] || exit 0
read -r draw <"$disk/lost"
rm -f "$disk/lost"
cd /var/lib/sena/guard || exit 0
for file in *; do
  [ -f "$file" ] || continue
  draw=$(((draw * 1103515245 + 12345) % 2147483648))
  case $((draw / 65536 % 4)) in
    0) ;;
    1 | 2 | 3)
      if [ -e "$disk/synced/$file" ]; then
        cat "$disk/synced/$file" >"$file"
      elif [ $((draw / 65536 % 4)) = 1 ]; then
        rm -f "$file"
      else
        : >"$file"
      fi
      ;;
  esac
done
