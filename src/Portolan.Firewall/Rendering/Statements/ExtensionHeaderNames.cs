using System.Globalization;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>
/// nft's words for extension headers (RFC 8200), TCP options (RFC 9293 and others), IPv4 options (RFC 791) and SCTP chunks (RFC 9260).
/// </summary>
internal static class ExtensionHeaderNames
{
    /// <summary><c>hbh</c>, <c>tcp option sack</c>; <c>null</c> for one without a name.</summary>
    public static string? Presence(ExtensionHeaderKind kind, int type) => kind switch
    {
        ExtensionHeaderKind.Ipv6 => Ipv6(type) is { } name ? $"exthdr {name}" : null,
        ExtensionHeaderKind.TcpOption => $"tcp option {TcpOption(type)}",
        ExtensionHeaderKind.Ipv4Option => Ipv4Option(type) is { } name ? $"ip option {name}" : null,
        ExtensionHeaderKind.SctpChunk => SctpChunk(type) is { } name ? $"sctp chunk {name}" : null,
        ExtensionHeaderKind.DccpOption => string.Create(CultureInfo.InvariantCulture, $"dccp option {type}"),
        _ => null,
    };

    /// <summary>A TCP option by its name or number.</summary>
    public static string TcpOption(int type) => type switch
    {
        0 => "eol",
        1 => "nop",
        2 => "maxseg",
        3 => "window",
        4 => "sack-perm",
        5 => "sack",
        8 => "timestamp",
        19 => "md5sig",
        30 => "mptcp",
        34 => "fastopen",
        _ => type.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>A field and its type; <c>null</c> for bits without a name.</summary>
    /// <param name="kind">Kind of header.</param>
    /// <param name="type">Which one.</param>
    /// <param name="offset">Bits.</param>
    /// <param name="length">Bits.</param>
    public static (string Text, DataType Type)? Field(ExtensionHeaderKind kind, int type, int offset, int length) => kind switch
    {
        ExtensionHeaderKind.Ipv6 =>
            Ipv6Field(type, offset, length) is var (field, data) ? ($"{(offset >= 64 ? "rt0" : Ipv6(type))} {field}", data) : null,
        ExtensionHeaderKind.TcpOption => TcpField(type, offset, length) is var (field, data) ? ($"tcp option {field}", data) : null,
        ExtensionHeaderKind.Ipv4Option =>
            Ipv4Field(type, offset, length) is var (field, data) ? ($"ip option {Ipv4Option(type)} {field}", data) : null,
        ExtensionHeaderKind.SctpChunk =>
            SctpField(type, offset, length) is { } field ? ($"sctp chunk {SctpChunk(type)} {field}", DataTypes.Integer) : null,
        _ => null,
    };

    private static string? Ipv6(int type) => type switch { 0 => "hbh", 43 => "rt", 44 => "frag", 60 => "dst", 135 => "mh", _ => null };

    private static string? Ipv4Option(int type) => type switch { 131 => "lsrr", 7 => "rr", 137 => "ssrr", 148 => "ra", _ => null };

    private static (string, DataType)? Ipv6Field(int type, int offset, int length) => (type, offset, length) switch
    {
        (0 or 43 or 44 or 60 or 135, 0, 8) => ("nexthdr", DataTypes.Protocol),
        (0 or 43 or 60 or 135, 8, 8) => ("hdrlength", DataTypes.Integer),
        (43, 16, 8) => ("type", DataTypes.Integer),
        (43, 24, 8) => ("seg-left", DataTypes.Integer),
        (44, 8, 8) => ("reserved", DataTypes.Integer),
        (44, 16, 13) => ("frag-off", DataTypes.Integer),
        (44, 29, 2) => ("reserved2", DataTypes.Integer),
        (44, 31, 1) => ("more-fragments", DataTypes.Integer),
        (44, 32, 32) => ("id", DataTypes.Integer),
        (43, >= 64, 128) when (offset - 64) % 128 == 0 =>
            (string.Create(CultureInfo.InvariantCulture, $"addr[{((offset - 64) / 128) + 1}]"), DataTypes.Ipv6),
        (135, 16, 8) => ("type", DataTypes.MobilityType),
        (135, 24, 8) => ("reserved", DataTypes.Integer),
        (135, 32, 16) => ("checksum", DataTypes.Integer),
        _ => null,
    };

    private static (string, DataType)? TcpField(int type, int offset, int length) => (type, offset, length) switch
    {
        (2, 16, 16) => ("maxseg size", DataTypes.Integer),
        (3, 16, 8) => ("window count", DataTypes.Integer),
        (8, 16, 32) => ("timestamp tsval", DataTypes.Integer),
        (8, 48, 32) => ("timestamp tsecr", DataTypes.Integer),
        (5, 16, 32) => ("sack left", DataTypes.Integer),
        (5, 48, 32) => ("sack right", DataTypes.Integer),
        (5, 80, 32) => ("sack1 left", DataTypes.Integer),
        (5, 112, 32) => ("sack1 right", DataTypes.Integer),
        (5, 144, 32) => ("sack2 left", DataTypes.Integer),
        (5, 176, 32) => ("sack2 right", DataTypes.Integer),
        (5, 208, 32) => ("sack3 left", DataTypes.Integer),
        (5, 240, 32) => ("sack3 right", DataTypes.Integer),
        (30, 16, 4) => ("mptcp subtype", DataTypes.Integer),
        (2 or 3 or 4 or 5 or 8 or 19 or 30 or 34, 8, 8) => ($"{TcpOption(type)} length", DataTypes.Integer),
        _ => null,
    };

    private static (string, DataType)? Ipv4Field(int type, int offset, int length) => (type, offset, length) switch
    {
        (131 or 7 or 137 or 148, 0, 8) => ("type", DataTypes.Integer),
        (131 or 7 or 137 or 148, 8, 8) => ("length", DataTypes.Integer),
        (131 or 7 or 137, 16, 8) => ("ptr", DataTypes.Integer),
        (131 or 7 or 137, 24, 32) => ("addr", DataTypes.Ipv4),
        (148, 16, 16) => ("value", DataTypes.Integer),
        _ => null,
    };

    private static string? SctpChunk(int type) => type switch
    {
        0 => "data",
        1 => "init",
        2 => "init-ack",
        3 => "sack",
        4 => "heartbeat",
        5 => "heartbeat-ack",
        6 => "abort",
        7 => "shutdown",
        8 => "shutdown-ack",
        9 => "error",
        10 => "cookie-echo",
        11 => "cookie-ack",
        12 => "ecne",
        13 => "cwr",
        14 => "shutdown-complete",
        128 => "asconf-ack",
        192 => "forward-tsn",
        193 => "asconf",
        _ => null,
    };

    private static string? SctpField(int type, int offset, int length) => SctpChunk(type) is null ? null : (type, offset, length) switch
    {
        (_, 0, 8) => "type",
        (_, 8, 8) => "flags",
        (_, 16, 16) => "length",
        (0, 32, 32) => "tsn",
        (0, 64, 16) => "stream",
        (0, 80, 16) => "ssn",
        (0, 96, 32) => "ppid",
        (1 or 2, 32, 32) => "init-tag",
        (1 or 2, 64, 32) => "a-rwnd",
        (1 or 2, 96, 16) => "num-outbound-streams",
        (1 or 2, 112, 16) => "num-inbound-streams",
        (1 or 2, 128, 32) => "initial-tsn",
        (3, 32, 32) => "cum-tsn-ack",
        (3, 64, 32) => "a-rwnd",
        (3, 96, 16) => "num-gap-ack-blocks",
        (3, 112, 16) => "num-dup-tsns",
        (7, 32, 32) => "cum-tsn-ack",
        (12 or 13, 32, 32) => "lowest-tsn",
        (192, 32, 32) => "new-cum-tsn",
        (193 or 128, 32, 32) => "seqno",
        _ => null,
    };
}
