using System.Globalization;
using System.Text;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary>Matches of x_tables as iptables-save writes them.</summary>
internal static class XtMatchText
{
    /// <summary>The words; of a match that is not decoded its name and how many bytes its parameters are.</summary>
    /// <param name="expression">The match.</param>
    /// <param name="family">Of its table.</param>
    /// <param name="options">How it is to be written.</param>
    public static string Of(XtMatchExpression expression, RuleFamily family, RuleTextOptions options) => expression.Match switch
    {
        TcpMatch m => Tcp(m),
        UdpMatch m => $"-m udp{Port("--sport", m.Source)}{Port("--dport", m.Destination)}",
        MultiportMatch m => Multiport(m),
        ConntrackMatch m => ConntrackText.Of(m),
        StateMatch m => $"-m state --state {ConntrackText.States(m.States)}",
        SetMatch m =>
            $"-m set {IptablesWords.Not(m.Set.IsInverted)}--match-set "
                + $"{Set(m.Set, options)}{(m.Set.ReturnsNoMatch ? " --return-nomatch" : "")}",
        AddressTypeMatch m => AddressType(m),
        CommentMatch m => $"-m comment --comment {IptablesWords.Quoted(m.Text)}",
        LimitMatch m =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"-m limit --limit {XtCountText.Rate(m.Interval, 10_000)}{(m.Burst == 5 ? "" : $" --limit-burst {m.Burst}")}"),
        SocketMatch m =>
            "-m socket" + (m.OnlyTransparent ? " --transparent" : "") + (m.TakesWildcard ? " --nowildcard" : "")
                + (m.RestoresMark ? " --restore-skmark" : ""),
        MarkMatch m =>
            string.Create(CultureInfo.InvariantCulture, $"-m mark {IptablesWords.Not(m.IsInverted)}--mark {Mark(m.Mark, m.Mask)}"),
        ConnmarkMatch m =>
            string.Create(CultureInfo.InvariantCulture, $"-m connmark {IptablesWords.Not(m.IsInverted)}--mark {Mark(m.Mark, m.Mask)}"),
        PhysicalDeviceMatch m => PhysicalDevice(m),
        OwnerMatch m => Owner(m),
        PacketTypeMatch m =>
            $"-m pkttype {IptablesWords.Not(m.IsInverted)}--pkt-type {m.Type switch { 0 => "unicast", 1 => "broadcast", 2 => "multicast", _ => m.Type.ToString(CultureInfo.InvariantCulture) }}",
        IcmpMatch m => Icmp(m),
        AddressRangeMatch m => $"-m iprange{Span("--src-range", m.Source)}{Span("--dst-range", m.Destination)}",
        HardwareAddressMatch m =>
            $"-m mac {IptablesWords.Not(m.IsInverted)}--mac-source {Convert.ToHexStringLower(m.Address.Span).Chunk(2).Aggregate("", (text, pair) => $"{text}{(text.Length > 0 ? ":" : "")}{new string(pair)}")}",
        LengthMatch m =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"-m length {IptablesWords.Not(m.IsInverted)}--length {m.First}{(m.Last == m.First ? "" : $":{m.Last}")}"),
        HopLimitMatch m => HopLimit(m, expression.Name),
        RecentMatch m => XtCountText.Recent(m, family),
        HashLimitMatch m => XtCountText.HashLimit(m, family),
        ConnectionCountMatch m => XtCountText.ConnectionCount(m),
        QuotaMatch m => string.Create(CultureInfo.InvariantCulture, $"-m quota {IptablesWords.Not(m.IsInverted)}--quota {m.Bytes}"),
        SegmentSizeMatch m => string.Create(
            CultureInfo.InvariantCulture,
            $"-m tcpmss {IptablesWords.Not(m.IsInverted)}--mss {m.First}{(m.Last == m.First ? "" : $":{m.Last}")}"),
        TimeMatch m => XtTimeText.Of(m),
        _ => string.Create(
            CultureInfo.InvariantCulture,
            $"-m {IptablesWords.Word(expression.Name)} [revision {expression.Revision}, {expression.Info.Length} bytes]"),
    };

    /// <summary>What the match is.</summary>
    public static RulePartKind KindOf(XtMatch? match) => match switch
    {
        CommentMatch => RulePartKind.Statement,
        SetMatch or HardwareAddressMatch or AddressRangeMatch => RulePartKind.Source,
        TcpMatch { Source.IsAny: true, Destination.IsInverted: false, FlagMask: 0, FlagsInverted: false, Option: 0, OptionInverted: false }
            or UdpMatch { Source.IsAny: true, Destination.IsInverted: false }
            or MultiportMatch { Field: MultiportField.Destination, IsInverted: false } => RulePartKind.Port,
        _ => RulePartKind.Match,
    };

    /// <summary>A mark with its mask, where not all bits count.</summary>
    public static string Mark(uint mark, uint mask) =>
        mask == uint.MaxValue
            ? string.Create(CultureInfo.InvariantCulture, $"0x{mark:x}")
            : string.Create(CultureInfo.InvariantCulture, $"0x{mark:x}/0x{mask:x}");

    /// <summary>A set of ipset and the facts that are looked up: <c>blocked src,dst</c>.</summary>
    public static string Set(SetReference set, RuleTextOptions options)
    {
        var name = options.IpSets.FirstOrDefault(s => s.Index == set.Index)?.Name;
        var facts = Enumerable.Range(0, Math.Min((int)set.Dimensions, 6)).Select(i => set.IsSource(i) ? "src" : "dst");
        return $"{(name is null ? string.Create(CultureInfo.InvariantCulture, $"[set {set.Index}]") : IptablesWords.Word(name))} "
            + $"{string.Join(',', facts)}";
    }

    private static string Port(string option, PortSpan ports) =>
        ports.IsAny ? "" : $" {IptablesWords.Not(ports.IsInverted)}{option} {IptablesWords.Ports(ports)}";

    private static string Span(string option, AddressSpan? span) =>
        span is { } s ? $" {IptablesWords.Not(s.IsInverted)}{option} {s.First}-{s.Last}" : "";

    private static string Tcp(TcpMatch match)
    {
        var text = new StringBuilder("-m tcp").Append(Port("--sport", match.Source)).Append(Port("--dport", match.Destination));
        if (match.Option != 0 || match.OptionInverted)
        {
            text.Append(CultureInfo.InvariantCulture, $" {IptablesWords.Not(match.OptionInverted)}--tcp-option {match.Option}");
        }

        if (match.FlagMask != 0 || match.FlagsInverted)
        {
            text.Append($" {IptablesWords.Not(match.FlagsInverted)}--tcp-flags {IptablesWords.TcpFlags(match.FlagMask)} "
                + $"{IptablesWords.TcpFlags(match.FlagValue)}");
        }

        return text.ToString();
    }

    private static string Multiport(MultiportMatch match)
    {
        var option = match.Field switch { MultiportField.Source => "--sports", MultiportField.Destination => "--dports", _ => "--ports" };
        return $"-m multiport {IptablesWords.Not(match.IsInverted)}{option} {string.Join(',', match.Ports.Select(IptablesWords.Ports))}";
    }

    private static string AddressType(AddressTypeMatch match)
    {
        var source = match.Source == 0 ? "" : $" {IptablesWords.Not(match.SourceInverted)}--src-type {Types(match.Source)}";
        var destination = match.Destination == 0
            ? ""
            : $" {IptablesWords.Not(match.DestinationInverted)}--dst-type {Types(match.Destination)}";
        return $"-m addrtype{source}{destination}{(match.ByInput ? " --limit-iface-in" : "")}"
            + $"{(match.ByOutput ? " --limit-iface-out" : "")}";
    }

    // RTN_* by their numbers (linux/rtnetlink.h).
    private static string Types(ushort bits)
    {
        string[] names = [
            "UNSPEC", "UNICAST", "LOCAL", "BROADCAST", "ANYCAST", "MULTICAST", "BLACKHOLE", "UNREACHABLE", "PROHIBIT", "THROW", "NAT",
            "XRESOLVE"];
        return string.Join(',', names.Where((_, bit) => (bits & (1 << bit)) != 0));
    }

    private static string PhysicalDevice(PhysicalDeviceMatch match)
    {
        var text = new StringBuilder("-m physdev");
        Append(PhysicalDeviceTests.Input, $"--physdev-in {Interface(match.Input)}");
        Append(PhysicalDeviceTests.IsIn, "--physdev-is-in");
        Append(PhysicalDeviceTests.Output, $"--physdev-out {Interface(match.Output)}");
        Append(PhysicalDeviceTests.IsOut, "--physdev-is-out");
        Append(PhysicalDeviceTests.IsBridged, "--physdev-is-bridged");
        return text.ToString();

        void Append(PhysicalDeviceTests test, string words)
        {
            if (match.Tests.HasFlag(test))
            {
                text.Append(' ').Append(IptablesWords.Not(match.Inverted.HasFlag(test))).Append(words);
            }
        }

        static string Interface(InterfacePattern pattern) => IptablesWords.Word(pattern.Name + (pattern.IsPrefix ? "+" : ""));
    }

    private static string Owner(OwnerMatch match)
    {
        var text = new StringBuilder("-m owner");
        if (match.Tests.HasFlag(OwnerTests.Socket))
        {
            text.Append($" {IptablesWords.Not(match.Inverted.HasFlag(OwnerTests.Socket))}--socket-exists");
        }

        if (match.Tests.HasFlag(OwnerTests.User))
        {
            text.Append($" {IptablesWords.Not(match.Inverted.HasFlag(OwnerTests.User))}--uid-owner {Ids(match.FirstUser, match.LastUser)}");
        }

        if (match.Tests.HasFlag(OwnerTests.Group))
        {
            text.Append(
                $" {IptablesWords.Not(match.Inverted.HasFlag(OwnerTests.Group))}--gid-owner {Ids(match.FirstGroup, match.LastGroup)}");
        }

        return text.Append(match.Tests.HasFlag(OwnerTests.SupplementaryGroups) ? " --suppl-groups" : "").ToString();

        static string Ids(uint first, uint last) =>
            first == last ? first.ToString(CultureInfo.InvariantCulture) : string.Create(CultureInfo.InvariantCulture, $"{first}-{last}");
    }

    private static string Icmp(IcmpMatch match)
    {
        var name = match.IsIPv6 ? "-m icmp6" : "-m icmp";
        var option = match.IsIPv6 ? "--icmpv6-type" : "--icmp-type";
        if (!match.IsIPv6 && match.Type == 0xff)
        {
            return $"{name} {IptablesWords.Not(match.IsInverted)}{option} any";
        }

        var code = match.FirstCode == 0 && match.LastCode == 0xff ? ""
            : match.FirstCode == match.LastCode ? string.Create(CultureInfo.InvariantCulture, $"/{match.FirstCode}")
            : string.Create(CultureInfo.InvariantCulture, $"/{match.FirstCode}-{match.LastCode}");
        return string.Create(CultureInfo.InvariantCulture, $"{name} {IptablesWords.Not(match.IsInverted)}{option} {match.Type}{code}");
    }

    private static string HopLimit(HopLimitMatch match, string name)
    {
        var option = match.Comparison switch { HopLimitComparison.Less => "-lt", HopLimitComparison.Greater => "-gt", _ => "-eq" };
        return string.Create(
            CultureInfo.InvariantCulture,
            $"-m {name} {IptablesWords.Not(match.Comparison == HopLimitComparison.NotEqual)}--{name}{option} {match.Value}");
    }
}
