using System.Buffers;
using System.Globalization;
using System.Net;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Rendering.Iptables;

/// <summary>Collects the words of a rule in the order of iptables-save: addresses, interfaces, protocol, matches, target.</summary>
internal sealed class IptablesWords(RuleFamily family)
{
    private static readonly SearchValues<char> Special = SearchValues.Create(" \"'\\\t\n");

    private readonly SortedDictionary<int, RulePart> _header = [];
    private readonly List<RulePart> _matches = [];
    private string? _protocol;
    private bool _hasTransport;

    private bool IsIp6 => family == RuleFamily.Ip6;

    /// <summary>The words, option by option.</summary>
    public IReadOnlyList<RulePart> All => [.. _header.Values, .. _matches];

    /// <summary>A word with what a shell or iptables would read otherwise in quotes.</summary>
    public static string Word(string text) => text.Length > 0 && !text.AsSpan().ContainsAny(Special) ? text : Quoted(text);

    /// <summary>Text in quotes as iptables-save writes it.</summary>
    public static string Quoted(string text) =>
        $"\"{text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    /// <summary><c>! </c> or nothing.</summary>
    public static string Not(bool isInverted) => isInverted ? "! " : "";

    /// <summary><c>10.0.0.0/8</c>, or with a mask that is not a prefix.</summary>
    public static string Address(InternetAddress address, InternetAddress mask)
    {
        var prefix = ByteText.PrefixLength(ByteText.Bytes(mask.Number, mask.BitCount / 8));
        return prefix is { } bits ? string.Create(CultureInfo.InvariantCulture, $"{address}/{bits}") : $"{address}/{mask}";
    }

    /// <summary><c>22</c> or <c>1024:65535</c>.</summary>
    public static string Ports(PortSpan ports) =>
        ports.First == ports.Last
            ? ports.First.ToString(CultureInfo.InvariantCulture)
            : string.Create(CultureInfo.InvariantCulture, $"{ports.First}:{ports.Last}");

    /// <summary>A protocol by its name where every system has it.</summary>
    public static string Protocol(int number) => number switch
    {
        1 => "icmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        50 => "esp",
        51 => "ah",
        58 => "ipv6-icmp",
        132 => "sctp",
        136 => "udplite",
        _ => number.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>Adds a match or a target.</summary>
    public void Add(string words, RulePartKind kind)
    {
        if (words.Length > 0)
        {
            _matches.Add(new RulePart(words, kind));
        }
    }

    /// <summary>Adds the tests of a legacy rule's header.</summary>
    public void AddHeader(IpHeaderMatchExpression header)
    {
        AddAddress(0, "-s", header.Source);
        AddAddress(1, "-d", header.Destination);
        AddInterface(2, "-i", header.Input);
        AddInterface(3, "-o", header.Output);
        if (header.Protocol != 0)
        {
            AddProtocol(Protocol(header.Protocol), header.ProtocolInverted);
        }

        if (header.Fragment is { } fragment)
        {
            _header[5] = new RulePart(fragment ? "-f" : "! -f", RulePartKind.Match);
        }
    }

    /// <summary>Adds a comparison that iptables writes by itself; <c>false</c> for another one.</summary>
    public bool TryAdd(Operand operand, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        if (operation is not (CompareOperation.Equal or CompareOperation.NotEqual))
        {
            return false;
        }

        var isInverted = operation == CompareOperation.NotEqual;
        return operand switch
        {
            XtRuleText.MetaOperand meta => TryAddMeta(meta.Key, isInverted, data, []),
            PayloadOperand { Base: PayloadBase.Network } payload => TryAddNetwork(payload, isInverted, data, []),
            PayloadOperand { Base: PayloadBase.Transport, Length: 2 } payload when data.Length == 2 =>
                TryAddPort(payload.Offset, new PortSpan((ushort)ByteText.Number(data), (ushort)ByteText.Number(data), isInverted)),
            MaskedOperand { IsMaskOnly: true, Inner: XtRuleText.MetaOperand meta } masked =>
                TryAddMeta(meta.Key, isInverted, data, masked.Mask.Span),
            MaskedOperand { IsMaskOnly: true, Inner: PayloadOperand { Base: PayloadBase.Network } payload } masked =>
                TryAddNetwork(payload, isInverted, data, masked.Mask.Span),
            MaskedOperand { IsMaskOnly: true, Inner: PayloadOperand { Base: PayloadBase.Transport, Offset: 13, Length: 1 } } masked
                when _protocol == "tcp" && data.Length == 1 =>
                TryAddTransport(
                    $"{Not(isInverted)}--tcp-flags {TcpFlags(masked.Mask.Span[0])} {TcpFlags(data[0])}", RulePartKind.Match),
            _ => false,
        };
    }

    /// <summary>Adds a range of ports; <c>false</c> for another one.</summary>
    public bool TryAddRange(Operand operand, ReadOnlySpan<byte> first, ReadOnlySpan<byte> last, bool isInverted) =>
        operand is PayloadOperand { Base: PayloadBase.Transport, Length: 2 } payload && first.Length == 2 && last.Length == 2
        && TryAddPort(payload.Offset, new PortSpan((ushort)ByteText.Number(first), (ushort)ByteText.Number(last), isInverted));

    /// <summary><c>SYN,ACK</c>.</summary>
    public static string TcpFlags(byte flags)
    {
        string[] names = ["FIN", "SYN", "RST", "PSH", "ACK", "URG"];
        var words = names.Where((_, bit) => (flags & (1 << bit)) != 0).ToList();
        return words.Count == 0 ? "NONE" : string.Join(',', words);
    }

    private void AddAddress(int order, string option, AddressMask address)
    {
        if (address.Mask != InternetAddress.FromBytes(new byte[IsIp6 ? 16 : 4]) || address.IsInverted)
        {
            _header[order] =
                new RulePart($"{Not(address.IsInverted)}{option} {Address(address.Address, address.Mask)}", KindAt(order));
        }
    }

    private void AddInterface(int order, string option, InterfacePattern pattern)
    {
        if (!pattern.IsAny)
        {
            _header[order] = new RulePart(
                $"{Not(pattern.IsInverted)}{option} {Word(pattern.Name + (pattern.IsPrefix ? "+" : ""))}", KindAt(order));
        }
    }

    private bool TryAddMeta(MetaKey key, bool isInverted, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mask)
    {
        switch (key)
        {
            case MetaKey.InputInterfaceName or MetaKey.OutputInterfaceName when mask.IsEmpty:
                var end = data.IndexOf((byte)0);
                var name = KernelText.Read(data);
                var isInput = key == MetaKey.InputInterfaceName;
                _header[isInput ? 2 : 3] = new RulePart(
                    $"{Not(isInverted)}{(isInput ? "-i" : "-o")} {Word(name + (end < 0 && data.Length < 16 ? "+" : ""))}",
                    KindAt(isInput ? 2 : 3));
                return true;
            case MetaKey.TransportProtocol when mask.IsEmpty && data.Length == 1:
                return TryAddProtocol(data[0], isInverted);
            case MetaKey.Mark when data.Length == 4:
                var mark = (uint)ByteText.Number(ByteText.ToNetwork(data, isHostOrder: true));
                var bits = mask.IsEmpty
                    ? ""
                    : string.Create(
                        CultureInfo.InvariantCulture, $"/0x{(uint)ByteText.Number(ByteText.ToNetwork(mask, isHostOrder: true)):x}");
                Add(string.Create(CultureInfo.InvariantCulture, $"-m mark {Not(isInverted)}--mark 0x{mark:x}{bits}"), RulePartKind.Match);
                return true;
            default:
                return false;
        }
    }

    private bool TryAddProtocol(byte number, bool isInverted)
    {
        _protocol = isInverted ? null : Protocol(number);
        AddProtocol(Protocol(number), isInverted);
        return true;
    }

    private void AddProtocol(string name, bool isInverted) =>
        _header[4] = new RulePart($"{Not(isInverted)}-p {name}", isInverted ? RulePartKind.Match : RulePartKind.Port);

    private static RulePartKind KindAt(int order) => order is 0 or 2 ? RulePartKind.Source : RulePartKind.Match;

    private bool TryAddNetwork(PayloadOperand payload, bool isInverted, ReadOnlySpan<byte> data, ReadOnlySpan<byte> mask)
    {
        if (!IsIp6 && mask.IsEmpty && payload is { Offset: 9, Length: 1 } && data.Length == 1)
        {
            return TryAddProtocol(data[0], isInverted);
        }

        if (!IsIp6 && payload is { Offset: 6, Length: 2 } && mask.SequenceEqual<byte>([0x1f, 0xff]) && ByteText.IsZero(data))
        {
            _header[5] = new RulePart(isInverted ? "-f" : "! -f", RulePartKind.Match);
            return true;
        }

        var length = IsIp6 ? 16 : 4;
        var source = IsIp6 ? 8 : 12;
        if ((payload.Offset != source && payload.Offset != source + length) || payload.Length > length || data.Length != payload.Length)
        {
            return false;
        }

        var address = new byte[length];
        data.CopyTo(address);
        var bits = mask.IsEmpty ? payload.Length * 8 : ByteText.PrefixLength(mask);
        var isSource = payload.Offset == source;
        var text = bits is { } prefix
            ? string.Create(CultureInfo.InvariantCulture, $"{new IPAddress(address)}/{prefix}")
            : $"{new IPAddress(address)}/{new IPAddress(mask.Length == length ? mask : new byte[length])}";
        _header[isSource ? 0 : 1] = new RulePart($"{Not(isInverted)}{(isSource ? "-s" : "-d")} {text}", KindAt(isSource ? 0 : 1));
        return true;
    }

    private bool TryAddPort(int offset, PortSpan ports) =>
        offset is 0 or 2 && _protocol is "tcp" or "udp" or "sctp" or "dccp" or "udplite"
            && TryAddTransport(
                $"{Not(ports.IsInverted)}{(offset == 0 ? "--sport" : "--dport")} {Ports(ports)}",
                offset == 0 || ports.IsInverted ? RulePartKind.Match : RulePartKind.Port);

    private bool TryAddTransport(string words, RulePartKind kind)
    {
        Add(_hasTransport ? words : $"-m {_protocol} {words}", kind);
        _hasTransport = true;
        return true;
    }
}
