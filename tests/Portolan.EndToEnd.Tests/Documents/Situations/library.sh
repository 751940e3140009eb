# Runs one example of a page: bash library.sh PROGRAM CHECKOUT, in an empty folder that has the files situation, command, shown (the lines
# that the page shows), and
# block-1, block-2 … (the fenced blocks of the page). Everything is in namespaces of its own, which end with this process.
P=$1
checkout=$2
home=$PWD
unset NO_COLOR

portolan() { "$P" "$@"; }
sudo() { "$@"; }

# private FOLDER: what is changed there is changed here alone.
private() {
    mkdir -p "$home/over$1" "$home/work$1"
    chmod 755 "$home" "$home/over$1"
    mount -t overlay overlay -o "lowerdir=$1,upperdir=$home/over$1,workdir=$home/work$1" "$1"
}

# installed: the program is in /usr/bin.
installed() {
    private /usr/bin
    cp "$P" /usr/bin/portolan
}

# nobody: the example is run by an ordinary user.
nobody() {
    installed
    portolan() { setpriv --reuid 65534 --regid 65534 --clear-groups /usr/bin/portolan "$@"; }
}

# until_true COMMAND: waits until it works, half a minute at most.
until_true() {
    local tries=0
    until "$@" >/dev/null 2>&1; do
        tries=$((tries + 1))
        [ $tries -lt 600 ] || { echo "the situation never came about: $*" >&2; exit 99; }
        sleep 0.05
    done
}

# file PATH: a file of the machine that has stdin as its text here, and nowhere else.
file() {
    cat >"$home/file-${1//\//-}"
    [ -e "$1" ] || { mkdir -p "$home/etc"; return 1; }
    mount --bind "$home/file-${1//\//-}" "$1"
}

# program NAME: the path of a program of that name, which root has installed; it is Perl.
mount -t tmpfs -o mode=755 none /opt
program() {
    local path=/opt/$1/$1
    [ "$1" = master ] && path=/opt/postfix/master
    [ -e "$path" ] || { mkdir -p "${path%/*}" && cp "$(readlink -f /usr/bin/perl)" "$path"; }
    echo "$path"
}

# serve [-u USER] [-d FOLDER] [-n PROCESSES] [-b BACKLOG] [-g GREETING] [-a ANSWER] NAME SPEC...: a program of that name that listens on
# each PROTOCOL/ADDRESS/PORT; the
# address any is both families. With -n children share its sockets. With -g it greets whoever connects; with -a it answers what it is
# asked and closes. In host h: on h serve …
cat >"$home/server.pl" <<'PERL'
use IO::Socket::IP; use IO::Select; use Socket qw(SOMAXCONN);
my ($name, $processes, $backlog, $greeting, $answer, @specs) = @ARGV;
my ($all, @listeners) = IO::Select->new;
for (@specs) {
    my ($protocol, $address, $port) = split m{/};
    my $socket = IO::Socket::IP->new(
        LocalHost => $address eq "any" ? "::" : $address, LocalPort => $port, Proto => $protocol, ($protocol eq "tcp" ? (Type => 1, Listen => $backlog, ReuseAddr => 1) : (Type => 2)),
        V6Only => 0) or die "$_: $@";
    push @listeners, $socket; $all->add($socket);
}
open STDIN, "<", "/dev/null"; open STDOUT, ">", "/dev/null"; open STDERR, ">", "/dev/null";
$0 = $name unless $name eq "node";
$SIG{CHLD} = "DEFAULT";
for (2 .. $processes) { last unless fork; }
sleep 600 if $greeting eq "" && $answer eq "" && !$ENV{ACCEPTS};
$SIG{PIPE} = "IGNORE";
my %kept;
while (my @ready = $all->can_read) {
    for my $socket (@ready) {
        if (grep { $_ == $socket } @listeners) {
            my $client = $socket->accept or next;
            syswrite $client, $greeting =~ s/\\r/\r/gr =~ s/\\n/\n/gr if $greeting ne "";
            $kept{$client} = $client; $all->add($client);
        } else {
            my $count = sysread $socket, my $asked, 65536;
            if ($count) { if ($answer ne "") { syswrite $socket, $answer =~ s/\\r/\r/gr =~ s/\\n/\n/gr; $all->remove($socket); delete $kept{$socket}; $socket->shutdown(1); close $socket } }
            else { $all->remove($socket); delete $kept{$socket}; close $socket }
        }
    }
}
PERL
serve() {
    local user="" folder=$PWD processes=1 backlog=64 greeting="" answer="" option OPTIND=1
    while getopts u:d:n:b:g:a: option; do
        case $option in u) user=$OPTARG ;; d) folder=$OPTARG ;; n) processes=$OPTARG ;; b) backlog=$OPTARG ;; g) greeting=$OPTARG ;; a) answer=$OPTARG ;; esac
    done
    shift $((OPTIND - 1))
    local before=()
    [ -z "$user" ] || before=(setpriv --reuid "$user" --regid "$user" --clear-groups)
    # Node runs a file, the others have none.
    local script=(-e "$(cat "$home/server.pl")")
    [ "$1" = node ] && script=("$(dirname "$(program node)")/app.js") && cp "$home/server.pl" "${script[0]}" && chmod 644 "${script[0]}"
    (cd "$folder" && exec "${before[@]}" ${inside:+nsenter --net --target "$inside"} "$(program "$1")" "${script[@]}" "$1" "$processes" "$backlog" "$greeting" "$answer" "${@:2}") &
    local spec pid=$!
    for spec in "${@:2}"; do
        until_true ${inside:+nsenter --net --target "$inside"} listens "$spec" "$pid"
    done
}

# client NAME ADDRESS PORT [TEXT]: a program of that name that connects, sends the text and reads nothing.
client() {
    perl -MIO::Socket::IP -e '$0 = shift; $s = IO::Socket::IP->new(PeerHost => shift, PeerPort => shift, Type => 1) or die; syswrite $s, $ARGV[0]; close STDIN; close STDOUT; sleep 600' "$@" &
}

# echo_datagrams NAME ADDRESS PORT: a program of that name that sends datagrams back.
echo_datagrams() {
    ${inside:+nsenter --net --target "$inside"} perl -MIO::Socket::IP -e '
        $0 = shift; $s = IO::Socket::IP->new(LocalHost => shift, LocalPort => shift, Proto => "udp", Type => 2) or die; while (1) { my $from = $s->recv(my $text, 65536); $s->send($text, 0, $from) }' "$@" &
    until_true ${inside:+nsenter --net --target "$inside"} listens "udp/$2/$3" $!
}

# Whether somebody listens on PROTOCOL/ADDRESS/PORT.
cat >"$home/listens" <<'SH'
#!/bin/sh
IFS=/ read -r protocol address port <<X
$1
X
kill -0 "$2" || exit 1
hex=$(printf '%04X' "$port")
state=0A; [ "$protocol" = udp ] && state=07
grep -qE "^ *[0-9]+: [0-9A-F]+:$hex [0-9A-F]+:[0-9A-F]{4} $state" "/proc/net/$protocol" "/proc/net/${protocol}6"
SH
chmod +x "$home/listens"
PATH=$home:$PATH:/usr/sbin:/sbin

# host NAME: another host, a network namespace; on NAME COMMAND… runs a command there (serve too).
host() {
    unshare --net sleep 600 &
    eval "$1=$!"
    until_true eval "[ \"\$(readlink /proc/$!/ns/net)\" != \"\$(readlink /proc/$$/ns/net)\" ] && [ \"\$(cat /proc/$!/comm)\" = sleep ]"
    on "$1" ip link set lo up
}
on() {
    local inside=${!1}
    shift
    if declare -F "$1" >/dev/null; then "$@"; else nsenter --net --target "$inside" "$@"; fi
}

# wire HERE ADDRESSES HOST THERE ADDRESSES: a cable from an interface here to one there; addresses with commas between.
wire() {
    ip link add "$1" type veth peer name "${1}-far"
    ip link set "${1}-far" netns "${!3}" name "$4"
    local address
    for address in ${2//,/ }; do ip address add "$address" dev "$1" nodad 2>/dev/null || ip address add "$address" dev "$1"; done
    ip link set "$1" up
    for address in ${5//,/ }; do on "$3" ip address add "$address" dev "$4" nodad 2>/dev/null || on "$3" ip address add "$address" dev "$4"; done
    on "$3" ip link set "$4" up
}

# card NAME ADDRESS...: an interface with these addresses, whose cable has nobody at its other end.
card() {
    ip link add "$1" type veth peer name "$1-far"
    echo 1 >"/proc/sys/net/ipv6/conf/$1-far/disable_ipv6"
    ip link set "$1-far" up
    local address
    for address in "${@:2}"; do case $address in *:*) ip address add "$address" dev "$1" nodad ;; *) ip address add "$address" dev "$1" ;; esac; done
    ip link set "$1" up
}

# names: a server of this host that knows no name and no address.
names() {
    dnsmasq --no-daemon --no-resolv --no-hosts --listen-address=127.0.0.1 --bind-interfaces --local=/in-addr.arpa/ --local=/ip6.arpa/ --conf-file=/dev/null --user=root >/dev/null 2>&1 &
    until_true listens udp/127.0.0.1/53 $!
    echo nameserver 127.0.0.1 | file /etc/resolv.conf
}

# target: the host 198.18.0.2 beside this one.
target() {
    host target
    wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
}

# zone OPTION...: the target is a name server with authority for what these options of dnsmasq say, and this host asks it.
zone() {
    on target dnsmasq --no-daemon --no-resolv --no-hosts --listen-address=198.18.0.2 --bind-interfaces --conf-file=/dev/null --user=root --auth-server=ns.example.test,198.18.0.2 \
        --auth-zone=example.test "$@" >"$home/dnsmasq.log" 2>&1 &
    until_true on target listens udp/198.18.0.2/53 $!
    echo nameserver 198.18.0.2 | file /etc/resolv.conf
}

# certificate NAME [DAYS]: a certificate of that name, of an authority that this host trusts.
certificate() {
    openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout ca.key -out ca -days 3650 -subj '/CN=Portolan Test CA' 2>/dev/null
    openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout key -out request -subj "/CN=$1" 2>/dev/null
    echo "subjectAltName=DNS:$1" >extensions
    openssl x509 -req -in request -CA ca -CAkey ca.key -CAcreateserial -out certificate -days "${2:-90}" -extfile extensions 2>/dev/null
    export SSL_CERT_FILE=$PWD/ca
}

# https: the target serves a page with that certificate.
https() {
    mkdir page && echo hello >page/docs && echo hello >page/index.html
    cat >"$home/https.py" <<'PYTHON'
import http.server, ssl, os, sys
os.chdir("page")
class Pages(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
server = http.server.ThreadingHTTPServer(("198.18.0.2", 443), Pages)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain("../certificate", "../key")
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
PYTHON
    on target /usr/bin/python3 "$home/https.py" >/dev/null 2>&1 &
    until_true on target listens tcp/198.18.0.2/443 $!
}

# wide_terminal: the example is run on a terminal of 80 columns.
wide_terminal() {
    portolan() { printf -v line ' %q' "$@"; script -q -e -c "stty cols 80; exec $P$line" /dev/null | tr -d '\r' | sed 's/\x1b\[[0-9;]*m//g'; }
}

# targets: the hosts 198.18.0.1 and 198.18.0.2 with a web server each, beside this one.
targets() {
    host far
    wire eth0 198.18.0.9/24 far eth0 198.18.0.1/24,198.18.0.2/24
    on far serve -a 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello' web tcp/198.18.0.1/80 tcp/198.18.0.2/80
}

# ask PORT: a client of this host asks for a page there, as curl does.
ask() {
    perl -MIO::Socket::IP -e 'my $s = IO::Socket::IP->new("127.0.0.1:$ARGV[0]") or die; print $s "GET / HTTP/1.1\r\nHost: 127.0.0.1:8080\r\nUser-Agent: curl/7.88.1\r\nAccept: */*\r\n\r\n"; 1 while <$s>' "$1"
}

# router: a client at 192.0.2.2 and a server at 198.18.0.2, this host between them.
router() {
    host client
    host server
    wire c0 192.0.2.1/24 client eth0 192.0.2.2/24
    wire t0 198.18.0.1/24 server eth0 198.18.0.2/24
    on client ip route add default via 192.0.2.1
    on server ip route add default via 198.18.0.1
    on server /usr/bin/python3 -m http.server 80 >/dev/null 2>&1 &
    until_true on server listens tcp/0.0.0.0/80 $!
}

# forwards_conf: the file that docs/forward.md shows.
forwards_conf() { sed -n '/^\$ cat forwards.conf$/,/^\$ portolan/p' "$home"/block-* | sed '1d;$d' >forwards.conf; }

# as_process_4242 COMMAND…: runs it with that number, and its output in the file output.
as_process_4242() {
    shift
    echo 4241 >/proc/sys/kernel/ns_last_pid
    "$P" "$@" >output 2>&1 &
}

# web3_by_ssh: this host is web-3, where ssh from the host desk makes root; what it keeps in /etc and /run is kept here alone.
web3_by_ssh() {
    hostname web-3
    private /etc
    mount -t tmpfs none /run
    mkdir -p /run/sshd /run/systemd/system
    echo '192.0.2.10 web-3' >>/etc/hosts
    rm -rf /etc/portolan
    host desk
    wire eth0 192.0.2.10/24 desk eth0 192.0.2.7/24
    installed
    ssh-keygen -q -t ed25519 -N '' -f key && ssh-keygen -q -t ed25519 -N '' -f host-key
    printf 'Host *\nIdentityFile %s/key\nStrictHostKeyChecking no\nUserKnownHostsFile /dev/null\nLogLevel ERROR\n' "$PWD" >/etc/ssh/ssh_config
    /usr/sbin/sshd -f /dev/null -o "HostKey $PWD/host-key" -o "ListenAddress 192.0.2.10" -o "PermitRootLogin yes" \
        -o UsePAM=no -o StrictModes=no -o "AuthorizedKeysFile $PWD/key.pub"
    until_true listens tcp/192.0.2.10/22 $$
    ssh() { on desk /usr/bin/ssh "$@"; }
}

# filtered_target: the host target at 198.18.0.2 beside this one, with SSH; one port is rejected, one dropped, and the rest are closed.
filtered_target() {
    host target
    wire eth0 198.18.0.1/24 target eth0 198.18.0.2/24
    on target serve sshd tcp/any/22
    on target nft -f - <<'X'
table inet fw {
  chain input {
    type filter hook input priority filter
    tcp dport 5432 reject with icmpx admin-prohibited
    tcp dport 8443 drop
  }
}
X
}

# no_other_namespaces: network namespaces that others have named are not there, for this mount namespace is private.
no_other_namespaces() {
    grep ' - nsfs ' /proc/self/mountinfo | cut -d ' ' -f 5 | while read -r place; do umount "$place"; done
}

# A web server as the pages show it: two addresses, nothing routed but by eth0, nine programs, rules of nft.
web3() {
    hostname web-3
    no_other_namespaces
    card eth0 192.0.2.10/24 2001:db8::10/64
    ip route add default via 192.0.2.1
    ip route add default via 2001:db8::1
    nft -f - <<'NFT'
    table inet fw {
      chain input {
        type filter hook input priority filter; policy drop;
        ct state established,related accept
        iif lo accept
        icmpv6 type { 133-137 } accept
        tcp dport 22 accept
        ip saddr 203.0.113.0/28 tcp dport 8080 accept
        ip saddr 10.0.0.0/8 tcp dport 9090 accept
        ip6 saddr fd00::/8 tcp dport 9090 accept
        tcp dport 5000 limit rate 9/second accept
        tcp dport 25 reject
      }
    }
NFT
    serve -d /srv sshd tcp/any/22
    serve -d /srv -u www-data registry tcp/any/5000
    serve -d /srv -u www-data -b 511 node tcp/any/8080
    serve -d /srv -u www-data prometheus tcp/any/9090
    serve -d /srv master tcp/any/25
    serve -d /srv cupsd tcp/any/631
    serve -d /srv -u www-data mysqld tcp/127.0.0.1/3306
}

# real_servers SSH HTTP: sshd and nginx as they are installed, on these ports of the host "target".
real_servers() {
    mkdir -p /run/sshd www
    chmod 755 . www
    echo '<title>Welcome</title>' >www/index.html
    ssh-keygen -q -t ed25519 -N '' -f hostkey
    on target /usr/sbin/sshd -D -p "$1" -h "$PWD/hostkey" >/dev/null 2>&1 &
    until_true on target listens "tcp/0.0.0.0/$1" $!
    printf 'user root;daemon off;pid %s/pid;error_log stderr;events{}http{access_log off;server{listen %s;root %s/www;}}' "$PWD" "$2" "$PWD" >nginx.conf
    on target nginx -c "$PWD/nginx.conf" >/dev/null 2>&1 &
    until_true on target listens "tcp/0.0.0.0/$2" $!
}

ip link set lo up
. "$home/situation"
status=$?
[ -s "$home/command" ] && [ "$(cat "$home/command")" != "" ] || echo example >"$home/command"
if declare -F during >/dev/null; then
    portolan() { exec env --default-signal=INT "$P" "$@"; }
    (. "$home/command") >"$home/said" 2>&1 &
    program=$!
    # Whether it has written these words.
    said() { grep -qF -- "$1" "$home/said"; }
    during
    kill -s INT $program 2>/dev/null
    wait $program
    code=$?
    cat "$home/said"
    exit $code
fi
# As on a terminal: both in their order.
! grep -q '^#terminal' "$home/situation" || exec 2>&1
(exit $status)
. "$home/command"
code=$?
! declare -F after >/dev/null || after
exit $code
