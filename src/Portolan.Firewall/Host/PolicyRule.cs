using System.Globalization;
using System.Text;

namespace Portolan.Firewall.Host;

/// <summary>A policy routing rule.</summary>
/// <param name="IsIPv4">Its family.</param>
/// <param name="Priority">The lower comes first.</param>
/// <param name="Table">Where it looks.</param>
public sealed record PolicyRule(bool IsIPv4, uint Priority, uint Table)
{
    private const byte LookUp = 1;
    private const byte GoTo = 2;

    /// <summary>FR_ACT_*: 1 look into the table, 2 goto, 3 nop, 6 blackhole, 7 unreachable, 8 prohibit.</summary>
    public byte Action { get; init; } = 1;

    /// <summary>Priority to go on at, for goto.</summary>
    public uint? GotoPriority { get; init; }

    /// <summary>Source prefix, or <c>null</c> for all.</summary>
    public InternetAddress? Source { get; init; }

    /// <summary>Bits of it.</summary>
    public int SourceLength { get; init; }

    /// <summary>Destination prefix, or <c>null</c> for all.</summary>
    public InternetAddress? Destination { get; init; }

    /// <summary>Bits of it.</summary>
    public int DestinationLength { get; init; }

    /// <summary>Input interface, or <c>null</c>. Hostile text.</summary>
    public string? InputInterface { get; init; }

    /// <summary>Output interface (of a bound socket), or <c>null</c>. Hostile text.</summary>
    public string? OutputInterface { get; init; }

    /// <summary>Mark to have.</summary>
    public uint Mark { get; init; }

    /// <summary>Bits of the mark that count; 0 for any mark.</summary>
    public uint MarkMask { get; init; }

    /// <summary>Whether the match is turned round (FIB_RULE_INVERT).</summary>
    public bool IsInverted { get; init; }

    /// <summary>Routes with shorter prefixes than or as long as this do not count (suppress_prefixlength), or <c>null</c>.</summary>
    public int? SuppressPrefixLength { get; init; }

    /// <summary>Routes out of interfaces of this group do not count (suppress_ifgroup), or <c>null</c>.</summary>
    public uint? SuppressInterfaceGroup { get; init; }

    /// <summary>Whether it only looks into the table of a VRF interface (l3mdev).</summary>
    public bool IsVrf { get; init; }

    /// <summary>IP protocol (ipproto), or <c>null</c> for any.</summary>
    public byte? Protocol { get; init; }

    /// <summary>Source ports (sport), or <c>null</c> for any.</summary>
    public RulePorts? SourcePorts { get; init; }

    /// <summary>Destination ports (dport), or <c>null</c> for any.</summary>
    public RulePorts? DestinationPorts { get; init; }

    /// <summary>The key of the tunnel that a packet came out of (tun_id), or <c>null</c> for any.</summary>
    public ulong? TunnelId { get; init; }

    /// <summary>Type of service (tos), 0 for any.</summary>
    public byte TypeOfService { get; init; }

    /// <summary>Users of the sending socket (uidrange), first and last, or <c>null</c> for any.</summary>
    public (uint First, uint Last)? Users { get; init; }

    /// <summary>Whether it tests what is not kept here (DSCP, flow label).</summary>
    public bool HasUnreadTests { get; init; }

    /// <summary>Whether it tests what is not looked up by (user, type of service): a verdict that rests on it is not proved.</summary>
    public bool HasOtherTests => HasUnreadTests || Users is not null || TypeOfService != 0;

    /// <summary>Whether another namespace can have it: users may have other numbers there.</summary>
    public bool IsRebuildable => !HasUnreadTests && Users is null;

    /// <summary>Whether it looks at protocol or ports.</summary>
    public bool TestsTransport => Protocol is not null || SourcePorts is not null || DestinationPorts is not null;

    /// <summary>The rule in the words of <c>ip rule</c>. Has hostile text.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        text.Append(CultureInfo.InvariantCulture, $"{Priority}:{(IsInverted ? " not" : "")} from {Prefix(Source, SourceLength)}");
        Append(text, Destination is not null, "to", Prefix(Destination, DestinationLength));
        Append(text, TypeOfService != 0, "tos", $"0x{TypeOfService:x2}");
        Append(text, MarkMask != 0, "fwmark", MarkMask == uint.MaxValue ? $"0x{Mark:x}" : $"0x{Mark:x}/0x{MarkMask:x}");
        Append(text, InputInterface is not null, "iif", InputInterface);
        Append(text, OutputInterface is not null, "oif", OutputInterface);
        Append(text, Users is not null, "uidrange", $"{Users?.First}-{Users?.Last}");
        Append(text, Protocol is not null, "ipproto", Protocol switch { 6 => "tcp", 17 => "udp", _ => $"{Protocol}" });
        Append(text, SourcePorts is not null, "sport", $"{SourcePorts}");
        Append(text, DestinationPorts is not null, "dport", $"{DestinationPorts}");
        Append(text, TunnelId is not null, "tun_id", $"{TunnelId}");
        text.Append(HasUnreadTests ? " …" : "");
        Append(text, true, Verb, Action switch { LookUp => IsVrf ? "[l3mdev-table]" : TableName, GoTo => $"{GotoPriority}", _ => null });
        Append(text, SuppressPrefixLength is not null, "suppress_prefixlength", $"{SuppressPrefixLength}");
        Append(text, SuppressInterfaceGroup is not null, "suppress_ifgroup", $"{SuppressInterfaceGroup}");
        return text.ToString();
    }

    private string Verb => Action switch
    {
        LookUp => "lookup",
        GoTo => "goto",
        3 => "nop",
        6 => "blackhole",
        7 => "unreachable",
        8 => "prohibit",
        _ => string.Create(CultureInfo.InvariantCulture, $"action {Action}"),
    };

    private string TableName => Table switch { 255 => "local", 254 => "main", 253 => "default", _ => $"{Table}" };

    private static string Prefix(InternetAddress? address, int length) =>
        address is { } prefix ? length == prefix.BitCount ? $"{prefix}" : $"{prefix}/{length}" : "all";

    private static void Append(StringBuilder text, bool isThere, string word, string? value)
    {
        if (isThere)
        {
            text.Append(' ').Append(word).Append(value is null ? "" : " ").Append(value);
        }
    }
}

/// <summary>The ports that a policy rule tests: a range, or a port of which some bits count.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last.</param>
/// <param name="Mask">The bits of a single port that count.</param>
public sealed record RulePorts(ushort First, ushort Last, ushort Mask = ushort.MaxValue)
{
    /// <summary>The ports (fib_rule_port_match).</summary>
    public IntervalSet Ports { get; } = First != Last || Mask == ushort.MaxValue
        ? IntervalSet.Of(First, Last)
        : IntervalSet.From(
            Enumerable.Range(0, ushort.MaxValue + 1).Where(p => ((p ^ First) & Mask) == 0).Select(p => new Interval((uint)p, (uint)p)));

    /// <inheritdoc/>
    public override string ToString() =>
        First != Last ? $"{First}-{Last}" : Mask == ushort.MaxValue ? $"{First}" : $"0x{First:x}/0x{Mask:x}";
}
