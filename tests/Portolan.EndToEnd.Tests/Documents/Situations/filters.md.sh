# Situations of docs/filters.md: see library.sh.

#: portolan list port 443
#: portolan list process nginx and state listening
#: portolan list 'state established and (port 443 or process nginx) and not dst 10.0.0.0/8'
#: portolan list state established state time-wait
#: portolan list state connected exclude time-wait
#: portolan list state established sport = :22 or sport = :80
#: portolan list state established and sport = :22 or sport = :80
serve nginx tcp/any/443 tcp/any/80
exec 9<>/dev/tcp/127.0.0.1/443

#: ss -tan 'sport = 2201 or sport = 2202 and src 127.0.0.2'
#: portolan list 'sport = 2201 or sport = 2202 and src 127.0.0.2'
#needs ss
serve sshd tcp/127.0.0.1/2201 tcp/127.0.0.2/2202

#: block: portolan: no field is named "prot"
#exit 2
example() { portolan list state established and prot 443; }
