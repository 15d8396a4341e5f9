#!/bin/sh
# Process 1 of a lab host: starts its services and sshd, keeps sshd running, reaps. SIGINT reboots, SIGTERM powers off;
# the exit code (64, 65) tells the lab which. Prints `ready` once, when everything listens.
leave() {
  trap '' INT TERM
  kill -TERM -1
  sleep 0.1
  exit "$1"
}
trap 'leave 64' INT
trap 'leave 65' TERM

start_sshd() {
  # A shell starts its background jobs with SIGINT ignored, and every command of every session would inherit that.
  if [ "$1" = user ]; then
    env --default-signal=INT,QUIT unshare --user --map-user=1000 --map-group=1000 \
      /usr/sbin/sshd -D -e </dev/null >/dev/null 2>>/var/log/auth.log &
  else
    env --default-signal=INT,QUIT /usr/sbin/sshd -D -e </dev/null >/dev/null 2>>/var/log/auth.log &
  fi
  sshd=$!
}

start_sshd "$1"
started=
for service in $(cat /etc/lab/services); do
  "/etc/init.d/$service" start >/dev/null &
  started="$started $!"
done
for process in $started; do wait "$process"; done
if [ -e /etc/lab/first-boot ]; then
  sh /etc/lab/first-boot </dev/null >/dev/null
  rm -f /etc/lab/first-boot
fi
if [ -e /etc/rc.local ]; then sh /etc/rc.local </dev/null >/dev/null; fi
until [ -s /run/sshd.pid ]; do
  kill -0 "$sshd" 2>/dev/null || { cat /var/log/auth.log >&2; exit 1; }
  sleep 0.02
done
echo ready
exec >/dev/null 2>&1

while :; do
  wait "$sshd"
  if ! kill -0 "$sshd"; then
    sleep 0.2
    start_sshd "$1"
  fi
done
