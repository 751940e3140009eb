# Situations of docs/registry.md: see library.sh.

#: portolan port 443
#: portolan port 22,80/tcp 8443
#: portolan port --search 'x window'
#: portolan port ssh/tcp --json
true

#: portolan port htps
#exit 1
true

#: portolan port --update service-names-port-numbers.csv
# IANA's file is not in the checkout: one of its form with as many entries, and its date.
mkdir -p ada && export HOME=/home/ada && unset XDG_DATA_HOME
mount -t tmpfs none /home && mkdir /home/ada
{
    echo 'Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes'
    for port in $(seq 1 12400); do echo "s$port,$port,tcp,Service $port,,,2020-01-01,2025-03-28,,,,"; done
} >service-names-port-numbers.csv

#: portolan port --update broken.csv
#exit 3
{
    echo 'Service Name,Port Number,Transport Protocol,Description,Assignee,Contact,Registration Date,Modification Date,Reference,Service Code,Unauthorized Use Reported,Assignment Notes'
    echo 'ssh,22x,tcp,The Secure Shell,,,,,,,,'
} >broken.csv
