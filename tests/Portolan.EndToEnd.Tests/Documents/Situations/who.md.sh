# Situations of docs/who.md: see library.sh.

#: portolan who 8080
#mask (?<=python3.11-minimal )\S+
mkdir -p app && mount --bind app /srv && mkdir /srv/app && chmod 755 /srv /srv/app && cd /srv/app
setpriv --reuid www-data --regid www-data --clear-groups /usr/bin/python3 -m http.server 8080 --bind :: >/dev/null 2>&1 &
until_true listens tcp/any/8080 $!
exec 9<>/dev/tcp/127.0.0.1/8080

#: portolan who 9000/tcp
#exit 1
# A connection that this side closed first rests in TIME-WAIT.
perl -MIO::Socket::IP -e '
    my $l = IO::Socket::IP->new(LocalHost => "127.0.0.1", LocalPort => 9000, Listen => 1, ReuseAddr => 1) or die; my $c = IO::Socket::IP->new("127.0.0.1:9000") or die;
    my $s = $l->accept; close $l; $s->shutdown(1); sysread $c, my $x, 1; close $c; sysread $s, $x, 1; close $s'
until_true grep -q ' 06 ' /proc/net/tcp

#: portolan stop 8080 --dry-run
#: portolan stop 8080 --yes
#mask FIN-WAIT-[12]
mkdir -p app && mount --bind app /srv && mkdir /srv/app && chmod 755 /srv /srv/app && cd /srv/app
setpriv --reuid www-data --regid www-data --clear-groups /usr/bin/python3 -m http.server 8080 >/dev/null 2>&1 &
until_true listens tcp/0.0.0.0/8080 $!
exec 9<>/dev/tcp/127.0.0.1/8080
until_true sh -c 'portolan() { '"$P"' "$@"; }; portolan who 8080 | grep -q "1 open"'

#: portolan free
true

#: portolan free 8000-8100 --count 3
serve web tcp/0.0.0.0/8000

#: portolan free --near 8080
serve web tcp/0.0.0.0/8080

#: sudo portolan who 9090/tcp
#exit 1
#needs nft
card eth0 192.0.2.10/24
echo 1 >/proc/sys/net/ipv4/ip_forward
nft 'table ip mine { chain pre { type nat hook prerouting priority dstnat; tcp dport 9090 dnat to 192.0.2.99:90; }; }'

#: sudo portolan who 8080
#needs nft
card eth0 192.0.2.10/24
ip route add default via 192.0.2.1
cd /srv
"$P" forward --kernel 8080 192.0.2.7:80,192.0.2.8:81 --allow 192.0.2.0/24 >/dev/null 2>&1 &
until_true sh -c 'nft list tables | grep -q portolan_forward'
