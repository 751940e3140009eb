namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>A ruleset with nearly every expression that Portolan knows, and every kind of table, set and object.</summary>
/// <remarks>Without queue, flow_offload and flowtables, which not every kernel has, and last, which nft 1.0.6 cannot write.</remarks>
internal static class EveryExpression
{
    internal const string Ruleset = """
        table inet everything {
            comment "all of it"
            counter shared { packets 7 bytes 900 comment "who comes" }
            quota monthly { over 10 mbytes used 1 kbytes }
            limit slow { rate 10/second burst 5 packets }
            ct helper ftp-helper { type "ftp" protocol tcp; l3proto ip; }
            ct timeout patient { protocol tcp; l3proto ip; policy = { established : 100, close : 4 }; }
            ct expectation awaited { protocol tcp; dport 9876; timeout 1m; size 12; l3proto ip; }
            synproxy proxied { mss 1460; wscale 7; timestamp sack-perm; }
            set friends {
                comment "known hosts"
                type ipv4_addr; flags interval, timeout; timeout 1h; size 4096;
                elements = { 10.0.0.0/8 timeout 2h comment "inside", 192.0.2.7 }
            }
            set doors {
                type ipv4_addr . inet_service; flags interval;
                elements = { 198.51.100.0/24 . 80-90, 203.0.113.5 . 443 }
            }
            set counted {
                typeof ip saddr; counter
                elements = { 192.0.2.1 counter packets 3 bytes 4 }
            }
            set learned { type ipv4_addr; flags dynamic, timeout; timeout 30s; size 100; }
            map ways {
                type inet_service : verdict; flags interval;
                elements = { 22 : accept, 100-200 : jump other, * : continue }
            }
            map hosts { type ipv4_addr : ipv4_addr . inet_service; elements = { 192.0.2.1 : 198.51.100.1 . 8080 } }
            map tallies { type ipv4_addr : counter; elements = { 192.0.2.9 : "shared" } }
            chain other { comment "on the side"; return; }
            chain in {
                comment "what comes"
                type filter hook input priority filter - 5; policy drop;
                ct state vmap { established : accept, related : accept, invalid : drop }
                ip saddr 192.0.2.0/23 tcp dport { 22, 80, 443 } counter packets 3 bytes 4 accept comment "the web"
                ip saddr @friends tcp dport 1-1023 reject with tcp reset
                ip saddr . tcp dport @doors accept
                ip6 saddr fe80::/10 udp dport != 53 reject
                ip saddr != 10.0.0.0/8 reject with icmp host-prohibited
                meta l4proto { tcp, udp } th dport 53 limit rate over 10/minute burst 3 packets drop
                tcp dport vmap @ways
                tcp flags & (syn | ack) == syn ct count over 20 reject with icmpx admin-prohibited
                fib daddr type local fib saddr . iif oif missing drop
                meta mark set ct mark and 0xff or 0x100
                ct mark set meta mark
                meta mark set meta mark << 4
                iifname "eth*" oifname != "lo" meta nfproto ipv6 jump other
                meta skuid 1000 goto other
                counter name "shared" quota name "monthly" limit name "slow"
                counter name ip saddr map @tallies
                log prefix "hostile: " level warn flags tcp options
                log group 7 snaplen 100 queue-threshold 5
                add @learned { ip saddr timeout 10s limit rate 3/second } accept
                update @learned { ip saddr } quota 5 kbytes
                exthdr frag exists drop
                tcp option maxseg size set 1400
                ip option rr exists drop
                sctp chunk data exists accept
                socket transparent 1 socket mark 3 accept
                socket cgroupv2 level 0 "" accept
                osf name "Linux" accept
                ipsec in reqid 1 accept
                meta mark set numgen inc mod 5 offset 2
                meta mark set jhash ip saddr mod 7 seed 0xdead
                meta mark set symhash mod 3
                ip dscp set cs1
                tcp dport 443 synproxy mss 1460 wscale 7 timestamp
                ct helper set "ftp-helper"
                ct timeout set "patient"
                synproxy name "proxied"
                ct id 7 ct direction original ct original ip saddr 192.0.2.1 ct status dnat ct zone 3 ct packets > 100
                @th,16,16 80 @nh,8,8 != 1 accept
                udp dport 5000 meta hour "10:00"-"11:00" meta day "Monday" drop
                tcp option fastopen exists reset tcp option sack-perm
            }
            chain early { type filter hook prerouting priority raw; notrack; }
            chain mangled { type filter hook prerouting priority mangle; tcp dport 80 tproxy ip to 127.0.0.1:50080; }
            chain translated { type nat hook prerouting priority dstnat; ip protocol tcp dnat ip to 198.51.100.7-198.51.100.9:8080-8090 random; tcp dport 81 redirect to :8080-8090 fully-random; meta l4proto tcp dnat ip to ip saddr map @hosts; }
            chain hidden { type nat hook postrouting priority srcnat; ip saddr 10.0.0.0/8 ip protocol tcp masquerade to :1024-2048 random; snat ip6 to 2001:db8::1 persistent; }
            chain rerouted { type route hook output priority mangle; rt ip nexthop 192.0.2.1 rt mtu 1400 meta mark set 7; }
            chain door { type filter hook ingress device lo priority -500; accept; }
        }
        table arp eth {
            chain in { type filter hook input priority 0; arp operation request accept; }
            chain out { type filter hook output priority 3; policy drop; }
        }
        table bridge eth {
            chain ahead { type filter hook forward priority -200; ether type ip meta pkttype broadcast ether saddr 02:00:00:00:00:01 drop; }
        }
        table netdev eth {
            chain in { type filter hook ingress device lo priority 1; policy drop; ip saddr 192.0.2.1 dup to lo; fwd to lo; }
        }
        table ip6 asleep {
            flags dormant;
            chain in {
                type filter hook input priority 10; policy drop;
                icmpv6 type { nd-neighbor-solicit, echo-request } accept
                tcp dport 22 ip6 daddr ::1-::ff accept
            }
        }
        """;
}
