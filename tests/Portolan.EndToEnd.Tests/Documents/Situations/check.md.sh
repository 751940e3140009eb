# Situations of docs/check.md: see library.sh.

#: portolan check http://www.example.test/docs
#needs dnsmasq script
#mask ^ +[0-9.]+ m?s(?=  │)|(?<=A 198.18.0.2 over UDP: answered, with authority, )[0-9.]+ ms
# The name has an IPv6 address whose port 80 is silent. The ladder is drawn on a terminal.
target
on target ip address add 2001:db8::2/64 dev eth0 nodad
ip address add 2001:db8::1/64 dev eth0 nodad
on target nft 'table ip6 fw { chain i { type filter hook input priority 0; tcp dport 80 drop; }; }'
on target serve -a 'HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: close\r\n\r\nhello\n' nginx tcp/any/80
zone --host-record=www.example.test,198.18.0.2,2001:db8::2
wide_terminal

#: portolan check http://www.example.test/docs (2)
#needs script
target
echo 198.18.0.2 www.example.test | file /etc/hosts
certificate www.example.test
on target serve -a 'HTTP/1.1 301 Moved Permanently\r\nLocation: https://www.example.test/docs\r\nContent-Length: 0\r\nConnection: close\r\n\r\n' nginx tcp/any/80
https
wide_terminal

#: portolan check 198.18.0.2:2022
target
on target serve -g 'SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u7\r\n' sshd tcp/any/2022

#: portolan check 198.18.0.2:25 198.18.0.2:5432 --timeout 4
#exit 1
#needs nft
target
on target nft 'table inet fw { chain i { type filter hook input priority 0; tcp dport 25 reject with icmpx port-unreachable; tcp dport 5432 drop; }; }'

#: portolan check udp://198.18.0.2:123 udp://198.18.0.2:9998 --timeout 3
#exit 1
#needs nft
target
on target nft 'table inet fw { chain i { type filter hook input priority 0; udp dport 9998 drop; }; }'

#: portolan check https://www.example.test:8443
#exit 1
#mask \d+ days ago
target
echo 198.18.0.2 www.example.test | file /etc/hosts
openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca -days 3650 -subj '/CN=Portolan Test CA' 2>/dev/null
openssl req -newkey rsa:2048 -nodes -keyout key -out request -subj /CN=www.example.test 2>/dev/null
echo subjectAltName=DNS:old.example.test >names
touch index && echo 01 >serial && printf '[ca]\ndefault_ca=d\n[d]\ndatabase=index\nserial=serial\nnew_certs_dir=.\ndefault_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n' >ca.cnf
openssl ca -config ca.cnf -batch -cert ca -keyfile ca.key -in request -out certificate -startdate 250101000000Z -enddate 261101000000Z -extfile names -notext 2>/dev/null
export SSL_CERT_FILE=$PWD/ca
on target openssl s_server -quiet -accept 198.18.0.2:8443 -cert certificate -key key -no_ticket </dev/null >/dev/null 2>&1 &
until_true on target listens tcp/198.18.0.2/8443 $!

#: portolan check 'dns://198.18.0.2/long.example.test?type=TXT'
#needs dnsmasq
target
zone $(for i in $(seq 12); do printf ' --txt-record=long.example.test,%s' "$(printf 'x%.0s' $(seq 200))$i"; done)

#: portolan check https://www.example.test --expect status=200 --expect tls-days=90+ --expect within=2s
#exit 1
target
echo 198.18.0.2 www.example.test | file /etc/hosts
certificate www.example.test 74
https

#: echo $?
target
echo 198.18.0.2 www.example.test | file /etc/hosts
certificate www.example.test 74
https
portolan check https://www.example.test --expect status=200 --expect tls-days=90+ --expect within=2s >/dev/null
(exit $?)

#: block: https://www.example.test      status=200 tls-days=14+
target
echo 198.18.0.2 www.example.test | file /etc/hosts
certificate www.example.test
https
on target serve -g 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n' sshd tcp/any/22
on target nft 'table inet fw { chain i { type filter hook input priority 0; tcp dport 5432 drop; }; }'
example() { portolan check -f shown --timeout 1 >&2 && cat shown; }
