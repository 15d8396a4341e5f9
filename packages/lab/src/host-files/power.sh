#!/bin/sh
# reboot, poweroff, halt and shutdown of a lab host: a signal to init.
case ${0##*/} in
  reboot) signal=INT ;;
  poweroff | halt) signal=TERM ;;
  shutdown)
    signal=TERM
    for argument; do
      if [ "$argument" = -r ]; then signal=INT; fi
      if [ "$argument" = -c ]; then exit 0; fi
    done
    ;;
esac
kill -"$signal" 1
