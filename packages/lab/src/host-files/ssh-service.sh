#!/bin/sh
### BEGIN INIT INFO
# Provides:          ssh
# Required-Start:    $network
# Required-Stop:
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: OpenSSH server, kept running by init
### END INIT INFO
pidfile=/run/sshd.pid

case $1 in
  start) echo "ssh is kept running by init" ;;
  restart | reload | force-reload) kill -HUP "$(cat "$pidfile")" && echo "ssh reloaded" ;;
  status)
    if [ -s "$pidfile" ] && kill -0 "$(cat "$pidfile")" 2>/dev/null; then
      echo "ssh is running (pid $(cat "$pidfile"))"
    else
      echo "ssh is not running"
      exit 3
    fi
    ;;
  *)
    echo "Usage: service ssh {start|restart|reload|force-reload|status}" >&2
    exit 2
    ;;
esac
