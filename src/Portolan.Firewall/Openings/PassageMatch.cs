using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using Portolan.Firewall.Host;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Openings;

/// <summary>
/// One condition of a rule that lets packets in: in the words of nft and iptables, as JSON of nft (libnftables-json(5)), and as the
/// bytecode that nft makes of it.
/// </summary>
internal abstract record PassageMatch
{
    private protected static readonly Register Register = new(0);

    /// <summary>The words of nft.</summary>
    public abstract IReadOnlyList<string> Nft { get; }

    /// <summary>The words of iptables.</summary>
    public abstract IReadOnlyList<string> Iptables { get; }

    /// <summary>The bytecode.</summary>
    public abstract IEnumerable<Expression> Expressions { get; }

    /// <summary>Writes the match as nft's JSON.</summary>
    public void WriteJson(Utf8JsonWriter json)
    {
        json.WriteStartObject();
        json.WriteStartObject("match");
        json.WriteString("op", Operator);
        json.WriteStartObject("left");
        WriteLeft(json);
        json.WriteEndObject();
        json.WritePropertyName("right");
        WriteRight(json);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private protected virtual string Operator => "==";

    private protected abstract void WriteLeft(Utf8JsonWriter json);

    private protected abstract void WriteRight(Utf8JsonWriter json);

    private protected static void WriteField(Utf8JsonWriter json, string protocol, string field)
    {
        json.WriteStartObject("payload");
        json.WriteString("protocol", protocol);
        json.WriteString("field", field);
        json.WriteEndObject();
    }

    private protected static void WriteRange(Utf8JsonWriter json, int first, int last)
    {
        if (first == last)
        {
            json.WriteNumberValue(first);
            return;
        }

        json.WriteStartObject();
        json.WriteStartArray("range");
        json.WriteNumberValue(first);
        json.WriteNumberValue(last);
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private protected static byte[] BigEndian(ushort value)
    {
        var bytes = new byte[sizeof(ushort)];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, value);
        return bytes;
    }

    private protected static byte[] HostOrder(uint value) => MemoryMarshal.AsBytes(new ReadOnlySpan<uint>(in value)).ToArray();

    private protected static string Number(int value) => value.ToString(CultureInfo.InvariantCulture);
}

/// <summary>Packets of connections that exist. A reply is one; who only claims a source port is not.</summary>
internal sealed record ExistingConnectionMatch : PassageMatch
{
    private const uint Established = 2;
    private const uint Related = 4;

    public override IReadOnlyList<string> Nft => ["ct", "state", "established,related"];

    public override IReadOnlyList<string> Iptables => ["-m", "conntrack", "--ctstate", "ESTABLISHED,RELATED"];

    public override IEnumerable<Expression> Expressions =>
    [
        new ConnectionTrackingExpression(Register, ConnectionKey.State, null),
        new BitwiseExpression(
            Register, Register, null, sizeof(uint), BitwiseOperation.MaskXor, HostOrder(Established | Related), new byte[sizeof(uint)],
            default),
        new CompareExpression(Register, CompareOperation.NotEqual, new byte[sizeof(uint)]),
    ];

    private protected override string Operator => "in";

    private protected override void WriteLeft(Utf8JsonWriter json)
    {
        json.WriteStartObject("ct");
        json.WriteString("key", "state");
        json.WriteEndObject();
    }

    private protected override void WriteRight(Utf8JsonWriter json)
    {
        json.WriteStartArray();
        json.WriteStringValue("established");
        json.WriteStringValue("related");
        json.WriteEndArray();
    }
}

/// <summary>An interface by its name.</summary>
/// <param name="Name">Its name. Hostile text.</param>
/// <param name="IsOutput">Whether packets leave by it.</param>
internal sealed record InterfaceMatch(string Name, bool IsOutput) : PassageMatch
{
    private const int NameSize = 16; // IFNAMSIZ

    public override IReadOnlyList<string> Nft => [IsOutput ? "oifname" : "iifname", Name];

    public override IReadOnlyList<string> Iptables => [IsOutput ? "-o" : "-i", Name];

    public override IEnumerable<Expression> Expressions
    {
        get
        {
            var name = new byte[NameSize];
            Encoding.UTF8.GetBytes(Name).AsSpan(0, Math.Min(Encoding.UTF8.GetByteCount(Name), NameSize - 1)).CopyTo(name);
            return
            [
                new MetaExpression(Register, IsOutput ? MetaKey.OutputInterfaceName : MetaKey.InputInterfaceName),
                new CompareExpression(Register, CompareOperation.Equal, name),
            ];
        }
    }

    private protected override void WriteLeft(Utf8JsonWriter json)
    {
        json.WriteStartObject("meta");
        json.WriteString("key", IsOutput ? "oifname" : "iifname");
        json.WriteEndObject();
    }

    private protected override void WriteRight(Utf8JsonWriter json) => json.WriteStringValue(Name);
}

/// <summary>Packets to this machine, where a chain also sees those that only pass through.</summary>
internal sealed record LocalDestinationMatch : PassageMatch
{
    public override IReadOnlyList<string> Nft => ["fib", "daddr", "type", "local"];

    public override IReadOnlyList<string> Iptables => ["-m", "addrtype", "--dst-type", "LOCAL"];

    public override IEnumerable<Expression> Expressions =>
    [
        new FibExpression(Register, FibResult.AddressType, FibFlags.Destination),
        new CompareExpression(Register, CompareOperation.Equal, HostOrder((uint)HostRouteKind.Local)),
    ];

    private protected override void WriteLeft(Utf8JsonWriter json)
    {
        json.WriteStartObject("fib");
        json.WriteString("result", "type");
        json.WriteStartArray("flags");
        json.WriteStringValue("daddr");
        json.WriteEndArray();
        json.WriteEndObject();
    }

    private protected override void WriteRight(Utf8JsonWriter json) => json.WriteStringValue("local");
}

/// <summary>Addresses of a prefix.</summary>
/// <param name="Prefix">The prefix.</param>
/// <param name="IsSource">Whether packets come from there, or go there.</param>
internal sealed record AddressMatch(AddressPrefix Prefix, bool IsSource) : PassageMatch
{
    private const ushort EtherTypeIPv4 = 0x0800;
    private const ushort EtherTypeIPv6 = 0x86dd;

    public override IReadOnlyList<string> Nft => [Family, Field, Prefix.ToString()];

    public override IReadOnlyList<string> Iptables => [IsSource ? "-s" : "-d", Prefix.ToString()];

    public override IEnumerable<Expression> Expressions
    {
        get
        {
            var isIPv4 = Prefix.Address.IsIPv4;
            var length = isIPv4 ? 4 : 16;
            return
            [
                new MetaExpression(Register, MetaKey.Protocol),
                new CompareExpression(Register, CompareOperation.Equal, BigEndian(isIPv4 ? EtherTypeIPv4 : EtherTypeIPv6)),
                new PayloadExpression(Register, PayloadBase.Network, isIPv4 ? (IsSource ? 12 : 16) : IsSource ? 8 : 24, length),
                new RangeExpression(Register, Inverted: false, Bytes(Prefix.Address, length), Bytes(Prefix.Last, length)),
            ];
        }
    }

    private string Family => Prefix.Address.IsIPv4 ? "ip" : "ip6";

    private string Field => IsSource ? "saddr" : "daddr";

    private protected override void WriteLeft(Utf8JsonWriter json) => WriteField(json, Family, Field);

    private protected override void WriteRight(Utf8JsonWriter json)
    {
        if (Prefix.Length == Prefix.Address.BitCount)
        {
            json.WriteStringValue(Prefix.Address.ToString());
            return;
        }

        json.WriteStartObject();
        json.WriteStartObject("prefix");
        json.WriteString("addr", Prefix.Address.ToString());
        json.WriteNumber("len", Prefix.Length);
        json.WriteEndObject();
        json.WriteEndObject();
    }

    private static byte[] Bytes(InternetAddress address, int length)
    {
        var bytes = new byte[16];
        BinaryPrimitives.WriteUInt128BigEndian(bytes, address.Number);
        return bytes[(16 - length)..];
    }
}

/// <summary>Ports of a protocol.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Ports">The ports.</param>
/// <param name="IsSource">Whether packets come from these, or go there.</param>
internal sealed record PortMatch(TransportProtocol Protocol, PortRange Ports, bool IsSource) : PassageMatch
{
    public override IReadOnlyList<string> Nft => [Protocol.Name(), IsSource ? "sport" : "dport", Words('-')];

    /// <inheritdoc/>
    /// <remarks>Only multiport knows ports of UDP-Lite.</remarks>
    public override IReadOnlyList<string> Iptables => Protocol == TransportProtocol.UdpLite
        ? ["-p", Protocol.Name(), "-m", "multiport", IsSource ? "--sports" : "--dports", Words(':')]
        : ["-p", Protocol.Name(), IsSource ? "--sport" : "--dport", Words(':')];

    public override IEnumerable<Expression> Expressions =>
    [
        new MetaExpression(Register, MetaKey.TransportProtocol),
        new CompareExpression(Register, CompareOperation.Equal, new[] { (byte)Protocol }),
        new PayloadExpression(Register, PayloadBase.Transport, IsSource ? 0 : 2, sizeof(ushort)),
        new RangeExpression(Register, Inverted: false, BigEndian(Ports.First.Value), BigEndian(Ports.Last.Value)),
    ];

    /// <summary>The ports as one word.</summary>
    /// <param name="dash">What stands between the first and the last.</param>
    public string Words(char dash) => Ports.First == Ports.Last ? Ports.First.ToString() : $"{Ports.First}{dash}{Ports.Last}";

    private protected override void WriteLeft(Utf8JsonWriter json) => WriteField(json, Protocol.Name(), IsSource ? "sport" : "dport");

    private protected override void WriteRight(Utf8JsonWriter json) => WriteRange(json, Ports.First.Value, Ports.Last.Value);
}

/// <summary>One type of ICMPv6.</summary>
/// <param name="Type">The type.</param>
internal sealed record IcmpTypeMatch(byte Type) : PassageMatch
{
    private const byte Icmp = 58;

    public override IReadOnlyList<string> Nft => ["icmpv6", "type", Number(Type)];

    public override IReadOnlyList<string> Iptables => ["-p", "icmpv6", "--icmpv6-type", Number(Type)];

    public override IEnumerable<Expression> Expressions =>
    [
        new MetaExpression(Register, MetaKey.TransportProtocol),
        new CompareExpression(Register, CompareOperation.Equal, new[] { Icmp }),
        new PayloadExpression(Register, PayloadBase.Transport, 0, 1),
        new CompareExpression(Register, CompareOperation.Equal, new[] { Type }),
    ];

    private protected override void WriteLeft(Utf8JsonWriter json) => WriteField(json, "icmpv6", "type");

    private protected override void WriteRight(Utf8JsonWriter json) => json.WriteNumberValue(Type);
}
