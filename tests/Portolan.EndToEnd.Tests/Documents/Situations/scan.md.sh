# Situations of docs/scan.md: see library.sh.

#: sudo portolan scan 198.18.0.2
#needs dnsmasq
#mask [0-9,]+ sent( \([0-9,]+ of them again\))?, [0-9,]+ answered; [0-9,]+ more to find hosts and as controls, [0-9,]+ answered
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
on target serve nginx tcp/any/22 tcp/any/80 tcp/any/443 tcp/any/3306 tcp/any/8080
names

#: portolan scan -p 22,25 www.example.test
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
on target serve nginx tcp/any/22 tcp/any/80
echo 198.18.0.2 www.example.test | file /etc/hosts
nobody

#: portolan scan -sS 198.18.0.2
#exit 4
nobody

#: sudo portolan scan --reason -p 22,25,5432,8443 198.18.0.2
filtered_target

#: sudo portolan scan -sn 198.18.0.0/24
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24

#: sudo portolan scan --own-stack -p 22,80 198.18.0.2
#: portolan scan --banners -p 22,25,80 198.18.0.2
#part
#needs nft
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
on target serve -g 'SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n' sshd tcp/any/22
on target serve -g '220 mail.example.com ESMTP Postfix\r\n' master tcp/any/25
ACCEPTS=1 on target serve nginx tcp/any/80

#: sudo portolan scan -p 1-20000 --max-rate 5000 --journal j 198.18.0.2
#exit 130
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
on target serve sshd tcp/any/22
during() { until_true said "with raw packets"; until_true test -s j; sleep 0.3; }

#: sudo portolan scan --resume j
#terminal
#mask 20,000 probes planned, [0-9,]+ sent( \([0-9,]+ of them again\))?, [0-9,]+ answered; [0-9,]+ more to find hosts and as controls, [0-9,]+ answered
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
on target serve sshd tcp/any/22
env --default-signal=INT "$P" scan -p 1-20000 --max-rate 5000 --journal j 198.18.0.2 >/dev/null 2>&1 &
scan=$!
until_true test -s j
sleep 1
kill -s INT $scan
wait $scan

#: sudo portolan scan -sV -p 22,80,5000,9443 198.18.0.2
#part
#needs nginx
#mask OpenSSH \S+ \([^)]*\)|nginx [0-9.]+|server 3[0-9.]+
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
real_servers 22 80
mkdir empty
chmod 755 empty
(cd empty && on target /usr/bin/python3 -m http.server 5000 >/dev/null 2>&1) &
until_true on target listens tcp/0.0.0.0/5000 $!
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out certificate -days 90 -subj /CN=www.example.test 2>/dev/null
on target openssl s_server -quiet -www -accept 198.18.0.2:9443 -cert certificate -key key </dev/null >/dev/null 2>&1 &
until_true on target listens tcp/198.18.0.2/9443 $!

#: sudo portolan scan -sC -p 22,80,443 198.18.0.2
#part
#needs nginx
#mask OpenSSH \S+ \([^)]*\)|SHA256:[A-Za-z0-9+/]+
host target
wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
real_servers 22 80

#: portolan scan -O 198.18.0.2
#: portolan scan --max-retrys 3 198.18.0.2
#exit 2
true

#: portolan scan -p 80,81 198.18.1.2 --proxies socks5://198.18.0.2:1080
#needs microsocks
#mask [0-9,]+ more to find hosts and as controls, [0-9,]+ answered
host proxy
wire eth0 198.18.0.1/24 proxy eth0 198.18.0.2/24,198.18.1.2/32
on proxy serve nginx tcp/any/80
on proxy microsocks -i 198.18.0.2 -p 1080 >/dev/null 2>&1 &
until_true perl -MIO::Socket::IP -e 'IO::Socket::IP->new(PeerHost => "198.18.0.2", PeerPort => 1080, Type => 1) or die'
