# Situations of docs/forward.md: see library.sh.

#: portolan forward 8080 198.18.0.1:80
#: portolan forward -L 8080:198.18.0.1:80 --json --metrics 9100
#mask (?<=62 +)\S+ +\S+(?= +-$)
#mask "port":\d+|"milliseconds":\d+|"threads":\d+
#exit 130
targets
# Neither side of the forward has a connection that is not closed.
closed() { ! grep -Eq ':(1F90 [0-9A-F]+:[0-9A-F]{4}|0050) 0[14589B] ' /proc/net/tcp /proc/net/tcp6; }
during() {
    until_true grep -q ':1F90 ' /proc/net/tcp /proc/net/tcp6
    ask 8080
    until_true closed
}

#: portolan forward 8080 198.18.0.1:80,198.18.0.2:80,198.18.0.1:81 --check tcp
#exit 130
targets
during() { until_true said 'is down'; kill -s INT $program; until_true said LISTEN; }

#: portolan forward 5353/udp 198.18.0.1:53
#mask (?<=90 +90 +)\S+ +\S+(?= +-$)
#exit 130
targets
on far echo_datagrams dnsmasq 198.18.0.1 53
during() {
    until_true said forwarding
    exec 8<>/dev/udp/127.0.0.1/5353
    printf 'x%.0s' $(seq 90) >&8
    head -c 90 <&8 >/dev/null
}

#: portolan forward 127.0.0.1:5432 198.18.0.1:80
#exit 3
targets
cd /srv
/usr/bin/python3 -m http.server 5432 --bind 127.0.0.1 >/dev/null 2>&1 &
until_true listens tcp/127.0.0.1/5432 $!

#: cat forwards.conf
#: portolan forward -f forwards.conf --dry-run
targets
mkdir -p /run/app 2>/dev/null
forwards_conf

#: kill -HUP 4242
targets
mount -t tmpfs none /run && mkdir /run/app
forwards_conf
as_process_4242 portolan forward -f forwards.conf
until_true grep -q forwarding output
sed -i 's/198.18.0.1:80,198.18.0.2:80/198.18.0.1:80/; s/--idle 1h/--idle 2h/; $a 9000 198.18.0.2:80' forwards.conf
after() { until_true grep -q 'was reloaded' output; sed 1,/forwarding/d output | grep -v ^forwarding; }

#: kill -HUP 4242 (2)
targets
mount -t tmpfs none /run && mkdir /run/app
forwards_conf
as_process_4242 portolan forward -f forwards.conf
until_true grep -q forwarding output
sed -i 's/--limit 1000/--limit many/' forwards.conf
after() { until_true grep -q 'hint' output; sed 1,/forwarding/d output | grep -v ^forwarding; }

#: sudo portolan forward --kernel 8080 198.18.0.2:80
#exit 130
#mask (?<=0 +2 +)\S+ +\S+ +\S+ +\S+(?= +-)
router
during() {
    until_true nft list table inet portolan_forward
    until_true said route_localnet
    on client perl -MIO::Socket::IP -e 'for my $time (1, 2) { my $s = IO::Socket::IP->new("192.0.2.1:8080") or die; print $s "GET / HTTP/1.0\r\n\r\n"; 1 while <$s> }'
}

#: portolan explain 8080 --from 192.0.2.2
#mask net:\[\d+\]
router
"$P" forward --kernel 8080 198.18.0.2:80 >/dev/null 2>&1 &
until_true nft list table inet portolan_forward

#: curl -s http://127.0.0.1:9100/metrics
#needs curl
targets
"$P" forward -L 8080:198.18.0.1:80 --json --metrics 9100 >/dev/null 2>&1 &
until_true listens tcp/127.0.0.1/9100 $!
ask 8080
until_true sh -c 'curl -s http://127.0.0.1:9100/metrics | grep -q "from=\"target\"} 62"'
