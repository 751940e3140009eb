using System.Buffers.Binary;
using System.Globalization;
using System.Runtime.InteropServices;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;

namespace Portolan.Firewall.Rendering;

/// <summary>Writes the declaration of a stateful object.</summary>
internal sealed class ObjectWriter(RuleTextOptions options)
{
    private static readonly string[] TcpStates =
        ["", "syn_sent", "syn_recv", "established", "fin_wait", "close_wait", "last_ack", "time_wait", "close", "syn_sent2", "retrans",
            "unack"];

    private static readonly string[] UdpStates = ["", "unreplied", "replied"];

    /// <summary>The lines; <c>null</c> where nft has no words for it.</summary>
    public IReadOnlyList<string>? Write(StatefulObject named)
    {
        AttributeSlots.TryRead(named.Data, out var data);
        var (word, body) = named.Kind switch
        {
            ObjectKind.Counter when named.Expression is CounterExpression e => ("counter", Counter(e)),
            ObjectKind.Quota when named.Expression is QuotaExpression e => ("quota", [StatefulText.QuotaBody(e, options.ShowsState)]),
            ObjectKind.Limit when named.Expression is LimitExpression e =>
                ("limit", StatefulText.LimitBody(e) is { } limit ? [limit] : null),
            ObjectKind.SynProxy when named.Expression is SynProxyExpression e => ("synproxy", SynProxy(e)),
            ObjectKind.ConnectionHelper => ("ct helper", Helper(in data)),
            ObjectKind.ConnectionTimeout => ("ct timeout", TimeoutPolicy(in data)),
            ObjectKind.ConnectionExpectation => ("ct expectation", Expectation(in data)),
            _ => ("", (List<string>?)null),
        };
        if (body is null)
        {
            return null;
        }

        if (named.Comment is { Length: > 0 } comment)
        {
            if (!QuotedText.CanHold(comment))
            {
                return null;
            }

            body.Add($"comment {QuotedText.Of(comment)}");
        }

        return [$"{word} {QuotedText.Name(named.Name)} {{", .. body.Select(l => $"\t{l}"), "}"];
    }

    private List<string> Counter(CounterExpression counter) =>
        options.ShowsState ? [string.Create(CultureInfo.InvariantCulture, $"packets {counter.Packets} bytes {counter.Bytes}")] : [];

    private static List<string> SynProxy(SynProxyExpression proxy)
    {
        // NF_SYNPROXY_OPT_MSS, _WSCALE; the object needs both.
        var lines = new List<string>
        {
            string.Create(CultureInfo.InvariantCulture, $"mss {proxy.MaximumSegmentSize}"),
            string.Create(CultureInfo.InvariantCulture, $"wscale {proxy.WindowScale}"),
        };
        var words = $"{((proxy.Flags & 8) != 0 ? "timestamp " : "")}{((proxy.Flags & 4) != 0 ? "sack-perm" : "")}".Trim();
        if (words.Length > 0)
        {
            lines.Add(words);
        }

        return lines;
    }

    // NFTA_CT_HELPER_*: 1 name, 2 family, 3 protocol.
    private static List<string>? Helper(in AttributeSlots data)
    {
        if (!data.Has(1) || Protocol(in data, 3) is not { } protocol || Family(in data, 2) is not { } family)
        {
            return null;
        }

        var name = KernelText.Read(data.Span(1));
        return QuotedText.CanHold(name) ? [$"type {QuotedText.Of(name)} protocol {protocol}", $"l3proto {family}"] : null;
    }

    // NFTA_CT_TIMEOUT_*: 1 family, 2 protocol, 3 seconds by state.
    private static List<string>? TimeoutPolicy(in AttributeSlots data)
    {
        if (Protocol(in data, 2) is not { } protocol || Family(in data, 1) is not { } family
            || !AttributeSlots.TryRead(data.Bytes(3), out var values))
        {
            return null;
        }

        var states = protocol switch { "tcp" => TcpStates, "udp" => UdpStates, _ => [] };
        var parts = new List<string>();
        for (var i = 1; i < states.Length; i++)
        {
            if (values.Has(i))
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{states[i]} : {values.UInt32OrZero(i)}"));
            }
        }

        return states.Length == 0 || parts.Count == 0
            ? null
            : [$"protocol {protocol}", $"l3proto {family}", $"policy = {{ {string.Join(", ", parts)} }}"];
    }

    // NFTA_CT_EXPECT_*: 1 family, 2 protocol, 3 port, 4 timeout in ms, 5 how many.
    private static List<string>? Expectation(in AttributeSlots data)
    {
        var port = data.Span(3);
        var timeout = data.Span(4);
        var size = data.Span(5);
        if (Protocol(in data, 2) is not { } protocol || Family(in data, 1) is not { } family || port.Length != 2 || timeout.Length != 4
            || size.Length != 1)
        {
            return null;
        }

        var milliseconds = MemoryMarshal.Read<uint>(timeout);
        return
        [
            $"protocol {protocol}",
            string.Create(CultureInfo.InvariantCulture, $"dport {BinaryPrimitives.ReadUInt16BigEndian(port)}"),
            $"timeout {DurationText.Format(milliseconds)}",
            string.Create(CultureInfo.InvariantCulture, $"size {size[0]}"),
            $"l3proto {family}",
        ];
    }

    private static string? Protocol(in AttributeSlots data, int attribute) =>
        data.Span(attribute) is [var number] ? ValueNames.Protocol(number) : null;

    private static string? Family(in AttributeSlots data, int attribute) =>
        data.Span(attribute) is [0, var family] ? (RuleFamily)family switch
        {
            RuleFamily.Ip => "ip",
            RuleFamily.Ip6 => "ip6",
            RuleFamily.Inet => "inet",
            RuleFamily.Bridge => "bridge",
            _ => null,
        } : null;
}
