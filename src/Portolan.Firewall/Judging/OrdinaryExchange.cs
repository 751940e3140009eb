using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging;

/// <summary>
/// The first exchange of an ordinary client: the handshake, a request, the reply to it, and the close. How many packets of which kind that
/// is, from fewest to most, was counted of real ones (docs/explain.md has the table, a test counts them again).
/// </summary>
/// <remarks>
/// Fewest: a request and a reply of one segment each, acknowledged together with what is sent anyway. Most: TLS with a chain of
/// certificates, and a reply that fills the window of a new connection (RFC 6928: ten segments). Of UDP a datagram and its answer are an
/// exchange; what begins with more datagrams, as QUIC and DTLS do, has more of them.
/// </remarks>
internal static class OrdinaryExchange
{
    /// <summary>So soon an exchange is over, if what was lost on the way is sent again in time: in seconds.</summary>
    public const double Soon = 3;

    /// <summary>So long at most a client waits for a reply: in seconds.</summary>
    public const double Patience = 10;

    private const byte Udp = 17;
    private const byte UdpLite = 136;
    private const uint Largest = 1500;

    // A segment is sent again after 0.2 s, and each time after twice that (RFC 6298), by both sides.
    private const double Repetitions = 12;
    private const uint Close = 0x11;
    private const uint Acknowledgment = 0x10;
    private const uint Push = 0x18;

    private static readonly FieldValue AllFlags =
        FieldValue.Choice(IntervalSet.Of(Acknowledgment, Close).Union(IntervalSet.Of(Push)), "an acknowledgment has other flags than data")
            .About(QuestionTopic.PacketKind);

    /// <summary>Whether datagrams are exchanged, without a connection.</summary>
    /// <param name="protocol">IP protocol number.</param>
    public static bool IsOfDatagrams(byte protocol) => protocol is Udp or UdpLite;

    /// <summary>Whether a client that sends again what limits stop has used them up before it gives up.</summary>
    /// <param name="use">The limits, within which packets are stopped.</param>
    public static bool IsOutlasted(LimitUse use) => use is { IsCounted: true, Beyond.Decision: FlowDecision.Accept }
        && use.Limits.All(static l => l.Measure.Room(Patience) < (l.Measure.Unit == LimitUnit.Bytes ? Repetitions * Largest : Repetitions));

    /// <summary>The flags of TCP of the packets of a kind.</summary>
    /// <param name="part">The kind.</param>
    public static FieldValue FlagsOf(ExchangePart part) => part switch
    {
        ExchangePart.Data => FieldValue.Constant(Push),
        ExchangePart.Acknowledgments => FieldValue.Constant(Acknowledgment),
        ExchangePart.Close => FieldValue.Constant(Close),
        _ => AllFlags,
    };

    /// <summary>How many packets of a kind there are.</summary>
    /// <param name="part">The kind.</param>
    /// <param name="isReply">Whether they are those that the server sends.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="isIPv4">The family.</param>
    public static PacketRange Of(ExchangePart part, bool isReply, byte protocol, bool isIPv4)
    {
        if (part == ExchangePart.First)
        {
            var length = OrdinaryClient.Opening(PacketField.TotalLength, protocol, isIPv4)!;
            return new PacketRange(1, 1, (double)length.Intervals[0].First, (double)length.Intervals[^1].Last);
        }

        if (IsOfDatagrams(protocol))
        {
            return new PacketRange(0, 8, 0, 8 * Largest);
        }

        if (part == ExchangePart.Later)
        {
            return Of(ExchangePart.Data, isReply, protocol, isIPv4) + Of(ExchangePart.Acknowledgments, isReply, protocol, isIPv4)
                + Of(ExchangePart.Close, isReply, protocol, isIPv4);
        }

        var header = isIPv4 ? 40u : 60u;
        var (fewest, most, full) = (part, isReply) switch
        {
            (ExchangePart.Data, false) => (1, 4, 3),
            (ExchangePart.Acknowledgments, false) => (1, 15, 0),
            (ExchangePart.Data, true) => (1, 16, 16),
            (ExchangePart.Acknowledgments, true) => (0, 5, 0),
            _ => (0, 1, 0),
        };
        return new PacketRange(
            fewest, most, (fewest * header) + (part == ExchangePart.Data ? 1 : 0), (full * Largest) + ((most - full) * (header + 12)));
    }
}

/// <summary>The kinds of packets of an exchange, in each direction.</summary>
internal enum ExchangePart
{
    /// <summary>The first packet.</summary>
    First,

    /// <summary>All that follow.</summary>
    Later,

    /// <summary>Those that carry the request or the reply.</summary>
    Data,

    /// <summary>Acknowledgments without data.</summary>
    Acknowledgments,

    /// <summary>The end of what one side sends.</summary>
    Close,
}

/// <summary>A number of packets, from fewest to most, and their bytes from the header of IP on.</summary>
internal readonly record struct PacketRange(int Fewest, int Most, double FewestBytes, double MostBytes)
{
    /// <summary>Both.</summary>
    public static PacketRange operator +(PacketRange one, PacketRange other) => new(
        one.Fewest + other.Fewest, one.Most + other.Most, one.FewestBytes + other.FewestBytes, one.MostBytes + other.MostBytes);

    /// <summary>The fewest, as a limit counts them.</summary>
    public double FewestOf(LimitUnit unit) => unit == LimitUnit.Bytes ? FewestBytes : Fewest;

    /// <summary>The most, as a limit counts them.</summary>
    public double MostOf(LimitUnit unit) => unit == LimitUnit.Bytes ? MostBytes : Most;
}
