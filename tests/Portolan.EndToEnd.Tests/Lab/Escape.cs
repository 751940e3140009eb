namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// What somebody in a lab who is root there tries in order to send something out of it. Programs of every Debian: sh, perl, ip.
/// </summary>
internal static class Escape
{
    /// <summary>In each packet, so that one that came out is known.</summary>
    internal const string Mark = "let-me-out-of-here";

    /// <summary>Sends to the two addresses it is given, in each way there is; says what it could send, by way and interface.</summary>
    internal const string Packets =
        """
        use strict; use Socket qw(:DEFAULT inet_pton pack_sockaddr_in6);
        my ($four, $six, $mark) = @ARGV;
        my ($a4, $a6) = (inet_pton(AF_INET, $four), inet_pton(AF_INET6, $six));
        sub try { my ($way, $sent) = @_; print "$way: ", (defined $sent ? "sent" : "not sent, $!"), "\n"; }
        sub sum { my $s = 0; $s += $_ for unpack 'n*', $_[0]; $s = ($s & 0xffff) + ($s >> 16) while $s >> 16; return ~$s & 0xffff; }

        # Whole packets, with a source that is the outer machine's.
        my $udp = pack('n4', 9, 9, 8 + length $mark, 0) . $mark;
        my $head = pack('CCnnnCCn', 0x45, 0, 20 + length $udp, 1, 0, 64, 17, 0) . inet_pton(AF_INET, '192.0.2.2') . $a4;
        substr($head, 10, 2) = pack('n', sum($head));
        my $p4 = $head . $udp;
        my $p6 = pack('NnCC', 0x60000000, length $udp, 17, 64) . inet_pton(AF_INET6, '2001:db8:ffff::2') . $a6 . $udp;

        socket(my $s, AF_INET, SOCK_DGRAM, 0); try('udp4', send($s, $mark, 0, pack_sockaddr_in(9, $a4)));
        socket($s, AF_INET6, SOCK_DGRAM, 0); try('udp6', send($s, $mark, 0, pack_sockaddr_in6(9, $a6)));
        socket($s, AF_INET, SOCK_RAW, 255); try('raw4', send($s, $p4, 0, pack_sockaddr_in(0, $a4)));
        socket($s, AF_INET6, SOCK_RAW, 255); try('raw6', send($s, $p6, 0, pack_sockaddr_in6(0, $a6)));
        for my $family ([AF_INET, pack_sockaddr_in(9, $a4)], [AF_INET6, pack_sockaddr_in6(9, $a6)]) {
            socket($s, $family->[0], SOCK_STREAM | 0x800, 0); try('tcp', connect($s, $family->[1]) || $!{EINPROGRESS} ? 1 : undef);
        }

        # Packet sockets on every interface: AF_PACKET 17, struct sockaddr_ll; frames (SOCK_RAW), and packets (SOCK_DGRAM).
        my %seen;
        for my $line (`ip -o link`) {
            my ($index, $name) = $line =~ /^(\d+): ([^:@]+)/ or next;
            for my $way (['4', 0x0800, $p4], ['6', 0x86dd, $p6]) {
                my $to = pack('SnlSCCa8', 17, $way->[1], $index, 1, 0, 6, "\xff" x 6);
                socket($s, 17, SOCK_RAW, 0); try("frame$way->[0] $name", send($s, "\xff" x 6 . "\x02\0\0\0\0\x09" . pack('n', $way->[1]) . $way->[2], 0, $to));
                socket($s, 17, SOCK_DGRAM, 0); try("packet$way->[0] $name", send($s, $way->[2], 0, $to));
            }
        }

        """;

    /// <summary>The same again after every change that could open a way. <c>$1</c> is the file of <see cref="Packets"/>.</summary>
    internal const string Script =
        """
        out() { perl "$1" 192.0.2.1 2001:db8:ffff::1 let-me-out-of-here; }
        echo "as it is"; out "$1"
        for file in net/ipv4/ip_forward net/ipv4/conf/all/accept_local net/ipv6/conf/all/forwarding; do echo 1 >/proc/sys/$file; done
        echo "routes"
        ip link set lo up
        ip address add 192.0.2.99/24 dev lab0; ip -6 address add 2001:db8:ffff::99/64 dev lab0 nodad
        ip route add default dev lab0; ip -6 route add default dev lab0
        ip neighbour add 192.0.2.1 lladdr 02:70:00:00:00:02 dev lab0; ip -6 neighbour add 2001:db8:ffff::1 lladdr 02:70:00:00:00:02 dev lab0
        ip rule add from all lookup local; out "$1"
        echo "interfaces"
        ip link add own0 type veth peer name own1 && ip address add 192.0.2.98/24 dev own0; ip link set own0 up; ip link set own1 up
        ip link add own2 type dummy; ip link set own2 up
        ip link add own3 type bridge; ip link set own3 up; ip link set lab0 master own3
        ip link add own4 link lab0 type macvlan; ip link set own4 up
        ip link add own5 type veth peer name own6 netns 1; out "$1"
        echo "namespaces"
        unshare --net sh -c 'ip link add own7 type veth peer name own8; ip link set own7 up; ip link set own8 up; ip route add default dev own7; perl "$0" 192.0.2.1 2001:db8:ffff::1 let-me-out-of-here' "$1"
        unshare --user --map-root-user --net sh -c 'ip link set lo up; perl "$0" 192.0.2.1 2001:db8:ffff::1 let-me-out-of-here' "$1"
        for process in /proc/[0-9]*; do
            for space in "$process"/ns/net "$process"/fd/*; do
                case $(readlink "$space") in net:*) nsenter --net="$space" perl "$1" 192.0.2.1 2001:db8:ffff::1 let-me-out-of-here ;; esac
            done
        done
        ip link set own1 netns $PPID; ip link set own2 netns 1
        echo "file systems"
        mkdir -p "${1%/*}/sys"
        mount -t sysfs sysfs "${1%/*}/sys" && ls "${1%/*}/sys/class/net" && echo 1 >"${1%/*}/sys/class/net/wan0/carrier"
        mount -t proc proc "${1%/*}/sys" && for process in "${1%/*}"/sys/[0-9]*; do nsenter --net="$process/ns/net" perl "$1" 192.0.2.1 2001:db8:ffff::1 let-me-out-of-here; done
        echo "sent through lab0: $(cat /proc/net/dev | sed -n 's/^ *lab0: *//p' | tr -s ' ' | cut -d' ' -f10)"
        echo done

        """;
}
