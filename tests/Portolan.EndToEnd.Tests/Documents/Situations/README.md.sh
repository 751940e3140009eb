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

#: portolan free --near 8080 --count 3
serve web tcp/0.0.0.0/8080

#: portolan list -tulpn
#any order
serve dnsmasq tcp/0.0.0.0/53 udp/0.0.0.0/53
serve -n 2 web tcp/any/8080
serve postgres tcp/127.0.0.1/5432

#: portolan list state established and '(port 443 or process nginx)' and not dst 10.0.0.0/8
#: portolan port 5432/tcp
#: portolan port --search 'x window'
true

#: portolan list stat established
#exit 2
true

#: sudo portolan scan -p 22,25,5432,8443 --reason 198.18.0.2
#mask \d+ sent( \(\d+ of them again\))?, \d+ answered; \d+ more to find hosts and as controls, \d+ answered|Missed at most [0-9.]+ %
filtered_target

#: portolan scan -sT -p- -T4 -oA out --exclude 198.18.0.7 198.18.0.0/24
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24,198.18.0.7/24
on target serve sshd tcp/any/22

#: portolan scan -sV -p 2022,8081 198.18.0.2
#part
#needs nginx
#mask OpenSSH \S+ \([^)]*\)|nginx [0-9.]+
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
real_servers 2022 8081

#: portolan check https://shop.example.test
#exit 1
#mask valid \S+ to \S+, \d+ days
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
echo 198.18.0.2 shop.example.test | file /etc/hosts
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -days 90 -subj /CN=www.example.test -addext subjectAltName=DNS:www.example.test 2>/dev/null
on target openssl s_server -quiet -accept 198.18.0.2:443 -cert certificate -key key -no_ticket </dev/null >/dev/null 2>&1 &
until_true on target listens tcp/198.18.0.2/443 $!

#: portolan check db.example.test:5432 --expect open --junit check.xml
echo 127.0.0.1 db.example.test | file /etc/hosts
serve postgres tcp/127.0.0.1/5432

#: portolan lab run two-browsers
#: portolan lab run office -- curl https://web/
#needs curl
true

#: portolan lab run scan-me -- nmap -sS 198.18.0.0/28 -oX scan.xml && portolan lab score scan-me scan.xml
#needs nmap
true
