# Situations of README.md: see library.sh.

#: sudo portolan
export PORTOLAN_COLUMNS=80
web3

#: sudo portolan explain 8080 --from 198.51.100.7
#exit 1
web3

#: portolan who 8000
#mask (?<=python3.11-minimal )\S+
cd /srv
setpriv --reuid www-data --regid www-data --clear-groups /usr/bin/python3 -m http.server 8000 >/dev/null 2>&1 &
until_true listens tcp/0.0.0.0/8000 $!

#: portolan stop 8080 --dry-run
serve -d /srv -u www-data -n 2 web tcp/0.0.0.0/8080

#: sudo portolan scan -p 22,25,5432,8443 --reason 198.18.0.2
#mask \d+ sent( \(\d+ of them again\))?, \d+ answered; \d+ more to find hosts and as controls, \d+ answered|Missed at most [0-9.]+ %
filtered_target
