# Situations of docs/lab-services.md: see library.sh.

#: portolan lab run demo.yaml -- curl -s https://server/
#: portolan lab run demo.yaml -- dig +noall +answer @198.18.0.1 demo.lab AXFR
#: portolan lab run demo.yaml -- dig +short @198.18.0.2 server.demo.lab
#: portolan lab run demo.yaml -- curl -s -P - ftp://server/
#: portolan lab run demo.yaml -- redis-cli -h server SET greeting hello
#: portolan lab run demo.yaml -- psql "host=server user=alice sslmode=disable" -At -c "select version(), inet_server_port()"
#: portolan lab run demo.yaml -- snmpget -v 2c -c public -On server .1.3.6.1.2.1.1.5.0
#: portolan lab run demo.yaml -- ntpdig server
#: portolan lab run demo.yaml -- finger user@server
#: portolan lab run demo.yaml -- nc -d server 13
#needs curl dig redis-cli psql snmpget ntpdig finger nc
#mask [A-Z][a-z]{2} +\d+ \d\d:\d\d(?= (?:pub|readme))
#mask ^\d+ [A-Z]{3} \d{4} \d\d:\d\d:\d\d
#mask ^\d{4}-\d\d-\d\d \S+|[+-]\d\.\d+|(?<=- )\d\.\d+
cp block-1 demo.yaml

#: portolan lab run demo.yaml -- sh -c 'swaks --to user@demo.lab --server server --from a@b.example --silent 2; curl -s -u user:secret "imap://server/INBOX;MAILINDEX=1"'
#needs curl swaks
#mask \w+, \d+ \w+ \d{4} \d\d:\d\d:\d\d \+0000|(?<=from )\S+(?= \(\[198)
cp block-1 demo.yaml

#: portolan lab run demo.yaml -- ssh server
#exit 255
#part
#needs ssh
cp block-1 demo.yaml

#: portolan lab run lent.yaml -- udhcpc -f -q -n -i lab0 -s /bin/true
#needs udhcpc
#mask v\d+\.\d+\.\d+
grep -l '^name: lent' block-* | { read -r file; cp "$file" lent.yaml; }

#: portolan lab run well-known -- nmap -n -sV -p 13,21-25 203.0.113.10
#part
#needs nmap
true

#: portolan lab run well-known -- hydra -l user -P words telnet://203.0.113.10
#part
#needs hydra
printf 'first\nsecret\nlast\n' >words
