using Portolan.Firewall.Rules;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Firewall.Reading;

/// <summary>What iptables is told, and what the matches and the target in the kernel then mean.</summary>
internal static class XtSamples
{
    private static readonly PortSpan AnyPort = new(0, 65535);

    /// <summary>Rules for iptables: table, chain and words; then what is decoded.</summary>
    internal static readonly (string Line, object[] Decoded)[] IPv4 =
    [
        ("filter INPUT -p tcp -m tcp --sport 1:5 ! --dport 80 --tcp-flags SYN,ACK SYN",
            [new TcpMatch(new(1, 5), new(80, 80, true), 0x12, 2, false, 0, false)]),
        ("filter INPUT -p tcp --tcp-option 5", [new TcpMatch(AnyPort, AnyPort, 0, 0, false, 5, false)]),
        ("filter INPUT -p udp ! --sport 7 --dport 53:54", [new UdpMatch(new(7, 7, true), new(53, 54))]),
        ("filter INPUT -p tcp -m multiport ! --ports 1,5:9,80",
            [new MultiportMatch(MultiportField.Either, [new(1, 1), new(5, 9), new(80, 80)], true)]),
        ("filter INPUT -p udp -m multiport --dports 53", [new MultiportMatch(MultiportField.Destination, [new(53, 53)], false)]),
        ("filter INPUT -m state --state ESTABLISHED,RELATED",
            [Conntrack(ConnectionTests.State | ConnectionTests.StateAlias, 0, ConnectionStates.Established | ConnectionStates.Related)]),
        ("filter INPUT -m conntrack ! --ctstate INVALID,UNTRACKED",
            [Conntrack(ConnectionTests.State, ConnectionTests.State, ConnectionStates.Invalid | ConnectionStates.Untracked)]),
        ("filter INPUT -m conntrack --ctstatus SEEN_REPLY,ASSURED --ctdir REPLY",
            [Conntrack(ConnectionTests.Status | ConnectionTests.Direction, ConnectionTests.Direction, 0, 6)]),
        (
            "filter INPUT -m conntrack --ctstate NEW,DNAT --ctproto tcp --ctorigsrc 10.0.0.0/8 ! --ctorigdstport 5:9",
            [
                Conntrack(
                    ConnectionTests.State | ConnectionTests.Protocol | ConnectionTests.OriginalSource
                        | ConnectionTests.OriginalDestinationPort,
                    ConnectionTests.OriginalDestinationPort,
                    ConnectionStates.New | ConnectionStates.DestinationTranslated) with
                {
                    Protocol = 6,
                    OriginalSource = new(Address("10.0.0.0"), Address("255.0.0.0"), false),
                    OriginalDestinationPort = new(5, 9, true),
                },
            ]),
        ("filter INPUT -m addrtype --src-type LOCAL ! --dst-type BROADCAST,MULTICAST --limit-iface-in",
            [new AddressTypeMatch(1 << 2, (1 << 3) | (1 << 5), false, true, true, false)]),
        ("filter INPUT -m comment --comment hello", [new CommentMatch("hello")]),
        ("filter INPUT -m limit --limit 5/min --limit-burst 7", [new LimitMatch(120_000, 7)]),
        ("filter INPUT -m mark ! --mark 5/7", [new MarkMatch(5, 7, true)]),
        ("filter INPUT -m connmark --mark 1/0xf", [new ConnmarkMatch(1, 15, false)]),
        (
            "filter FORWARD -m physdev --physdev-in eth+ ! --physdev-out lan0 --physdev-is-bridged",
            [new PhysicalDeviceMatch(
                PhysicalDeviceTests.Input | PhysicalDeviceTests.Output | PhysicalDeviceTests.IsBridged, PhysicalDeviceTests.Output,
                new("eth", true, false), new("lan0", false, true))]),
        (
            "filter INPUT -m iprange --src-range 10.0.0.1-10.0.0.9 ! --dst-range 1.1.1.1-2.2.2.2",
            [new AddressRangeMatch(
                new AddressSpan(Address("10.0.0.1"), Address("10.0.0.9"), false),
                new AddressSpan(Address("1.1.1.1"), Address("2.2.2.2"), true))]),
        ("filter INPUT -m pkttype ! --pkt-type broadcast", [new PacketTypeMatch(1, true)]),
        ("filter INPUT -p icmp ! --icmp-type 3/4", [new IcmpMatch(false, 3, 4, 4, true)]),
        ("filter INPUT -p icmp --icmp-type any", [new IcmpMatch(false, 255, 0, 255, false)]),
        ("filter INPUT -m length --length 1:9", [new LengthMatch(1, 9, false)]),
        ("filter INPUT -m ttl --ttl-gt 5", [new HopLimitMatch(HopLimitComparison.Greater, 5)]),
        ("filter OUTPUT -m owner --uid-owner 5-9 ! --gid-owner 3",
            [new OwnerMatch(OwnerTests.User | OwnerTests.Group, OwnerTests.Group, 5, 9, 3, 3)]),
        ("filter OUTPUT -m owner --socket-exists", [new OwnerMatch(OwnerTests.Socket, 0, 0, 0, 0, 0)]),
        ("filter INPUT -m recent --set", [new RecentMatch("DEFAULT", RecentAction.Set, 0, 0, false, false)]),
        ("filter INPUT -m recent --name bad --update --seconds 30 --hitcount 6",
            [new RecentMatch("bad", RecentAction.Update, 30, 6, false, false)]),
        ("filter INPUT -p tcp -m tcpmss --mss 1:500", [new SegmentSizeMatch(1, 500, false)]),
        ("filter INPUT -m quota --quota 1000", [new QuotaMatch(1000, false)]),
        ("filter INPUT -p tcp -m connlimit --connlimit-above 20 --connlimit-mask 24", [new ConnectionCountMatch(20, 24, false, false)]),
        ("filter INPUT -m hashlimit --hashlimit-above 5/sec --hashlimit-mode srcip --hashlimit-name x",
            [new HashLimitMatch(200_000, 1_000_000, HashLimitKeys.Source, 32, true, false)
                { Name = "x", Burst = 5, DestinationPrefixLength = 32 }]),
        ("filter INPUT -m statistic --mode random --probability 0.5", [new NamedMatch("statistic", MatchNature.Chance)]),
        ("filter INPUT -m string --string abc --algo bm", [new NamedMatch("string", MatchNature.Content)]),
        ("filter INPUT -m time --timestart 10:00", [new TimeMatch(0, int.MaxValue, 36_000, 86_399, 0xfffffffe, 0xfe, false, false)]),
        ("filter INPUT -j REJECT", [new RejectTarget(RejectKind.IcmpUnreachable, 3)]),
        ("filter INPUT -p tcp -j REJECT --reject-with tcp-reset", [new RejectTarget(RejectKind.TcpReset, 0)]),
        ("filter INPUT -j REJECT --reject-with icmp-host-prohibited", [new RejectTarget(RejectKind.IcmpUnreachable, 10)]),
        ("filter INPUT -j REJECT --reject-with icmp-admin-prohibited", [new RejectTarget(RejectKind.IcmpUnreachable, 13)]),
        ("filter INPUT -j REJECT --reject-with icmp-net-prohibited", [new RejectTarget(RejectKind.IcmpUnreachable, 9)]),
        ("filter INPUT -j LOG --log-prefix p: --log-level 3 --log-uid", [new LogTarget(3, 8, "p:")]),
        ("filter INPUT -j NFLOG --nflog-group 5 --nflog-prefix pp --nflog-size 9", [new NetlinkLogTarget(5, "pp", 9, 0)]),
        ("mangle FORWARD -p tcp --syn -j TCPMSS --clamp-mss-to-pmtu",
            [new TcpMatch(AnyPort, AnyPort, 0x17, 2, false, 0, false), new SegmentSizeTarget(SegmentSizeTarget.ToPathMtu)]),
        ("mangle PREROUTING -j MARK --set-xmark 1/3", [new MarkTarget(1, 3)]),
        ("mangle PREROUTING -j CONNMARK --restore-mark", [new ConnmarkTarget(ConnmarkMode.Restore, 0, uint.MaxValue, uint.MaxValue, 0)]),
        ("mangle PREROUTING -j CONNMARK --set-mark 7", [new ConnmarkTarget(ConnmarkMode.Set, 7, uint.MaxValue, uint.MaxValue, 0)]),
        ("raw PREROUTING -j CT --notrack", [new ConnectionTrackingTarget(true, 0, "", "") { Flags = 1 }]),
        ("raw PREROUTING -j CT --zone 5", [new ConnectionTrackingTarget(false, 5, "", "")]),
        ("nat PREROUTING -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.5:80-90 --random",
            [new DestinationNatTarget(new(7, Address("10.0.0.1"), Address("10.0.0.5"), 80, 90, 0))]),
        ("nat PREROUTING -p tcp -j DNAT --to-destination :8080",
            [new DestinationNatTarget(new(2, Address("0.0.0.0"), Address("0.0.0.0"), 8080, 8080, 0))]),
        ("nat POSTROUTING -j SNAT --to-source 10.0.0.1", [new SourceNatTarget(new(1, Address("10.0.0.1"), Address("10.0.0.1"), 0, 0, 0))]),
        ("nat POSTROUTING -p tcp -j MASQUERADE --to-ports 5-9",
            [new MasqueradeTarget(new(2, Address("0.0.0.0"), Address("0.0.0.0"), 5, 9, 0))]),
        ("nat PREROUTING -p tcp -j REDIRECT --to-ports 8080",
            [new RedirectTarget(new(2, Address("0.0.0.0"), Address("0.0.0.0"), 8080, 8080, 0))]),
        ("nat PREROUTING -d 10.0.0.0/24 -j NETMAP --to 10.0.1.0/24",
            [new NetMapTarget(new(1, Address("10.0.1.0"), Address("10.0.1.255"), 0, 0, 0))]),
        ("mangle PREROUTING -j TOS --set-tos 8", [new NamedTarget("TOS", TargetNature.GoesOnChanged)]),
    ];

    /// <summary>Rules for ip6tables.</summary>
    internal static readonly (string Line, object[] Decoded)[] IPv6 =
    [
        ("filter INPUT -p icmpv6 --icmpv6-type neighbour-solicitation", [new IcmpMatch(true, 135, 0, 255, false)]),
        ("filter INPUT -m hl --hl-eq 255", [new HopLimitMatch(HopLimitComparison.Equal, 255)]),
        ("filter INPUT -j REJECT", [new RejectTarget(RejectKind.IcmpUnreachable, 4)]),
        ("filter INPUT -j REJECT --reject-with icmp6-adm-prohibited", [new RejectTarget(RejectKind.IcmpUnreachable, 1)]),
        ("filter INPUT -p tcp -j REJECT --reject-with tcp-reset", [new RejectTarget(RejectKind.TcpReset, 0)]),
        ("filter INPUT -m iprange --src-range 2001:db8::1-2001:db8::9",
            [new AddressRangeMatch(new AddressSpan(Address("2001:db8::1"), Address("2001:db8::9"), false), null)]),
        ("filter INPUT -m conntrack --ctreplsrc 2001:db8::/32",
            [Conntrack(
                ConnectionTests.ReplySource, 0, 0) with { ReplySource = new(Address("2001:db8::"), Address("ffff:ffff::"), false) }]),
        ("nat PREROUTING -p tcp -j DNAT --to-destination [2001:db8::1]:80",
            [new DestinationNatTarget(new(3, Address("2001:db8::1"), Address("2001:db8::1"), 80, 80, 0))]),
        ("nat POSTROUTING -j MASQUERADE", [new MasqueradeTarget(new(0, default, default, 0, 0, 0))]),
        ("nat PREROUTING -p udp -j REDIRECT --to-ports 53", [new RedirectTarget(new(2, default, default, 53, 53, 0))]),
    ];

    private static ConntrackMatch Conntrack(ConnectionTests tests, ConnectionTests inverted, ConnectionStates states, uint status = 0) =>
        new(tests, inverted, states, status);

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);
}
