#!/bin/sh
### BEGIN INIT INFO
# Provides:          @service@
# Required-Start:    $network
# Required-Stop:     $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: @service@
### END INIT INFO
name=@service@
program=/opt/@service@/bin/@service@
pidfile=/run/@service@.pid

running() { [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; }

start() {
  if running; then
    echo "$name is already running"
    return 0
  fi
  rm -f "$pidfile"
  setsid "$program" --port @port@ --pidfile "$pidfile" </dev/null >>"/var/log/$name.log" 2>&1 &
  tries=250
  until running; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then
      echo "$name did not start, see /var/log/$name.log" >&2
      return 1
    fi
    sleep 0.02
  done
  echo "$name started"
}

stop() {
  if ! running; then
    rm -f "$pidfile"
    echo "$name is not running"
    return 0
  fi
  process=$(cat "$pidfile")
  kill "$process"
  tries=250
  while kill -0 "$process" 2>/dev/null; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then
      echo "$name did not stop" >&2
      return 1
    fi
    sleep 0.02
  done
  rm -f "$pidfile"
  echo "$name stopped"
}

case $1 in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop && start ;;
  status)
    if running; then
      echo "$name is running (pid $(cat "$pidfile"))"
    elif [ -e "$pidfile" ]; then
      echo "$name is dead and its pid file exists"
      exit 1
    else
      echo "$name is not running"
      exit 3
    fi
    ;;
  *)
    echo "Usage: service $name {start|stop|restart|force-reload|status}" >&2
    exit 2
    ;;
esac
