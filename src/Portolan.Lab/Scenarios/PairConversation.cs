using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Lab.Scenarios;

/// <summary>What crossed the wire between the two sockets of a pair, as the first network saw that it crossed.</summary>
public sealed class PairConversation
{
    private TcpFlags _there;
    private TcpFlags _back;

    internal PairConversation(string segment, string sender, Instant start) =>
        (Segment, Sender, Start, End) = (segment, sender, start, start);

    /// <summary>TCP or UDP.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>The address that spoke first.</summary>
    public required InternetAddress Source { get; init; }

    /// <summary>The port of the host that began.</summary>
    public required PortNumber SourcePort { get; init; }

    /// <summary>The address that was spoken to.</summary>
    public required InternetAddress Destination { get; init; }

    /// <summary>The port of the host that was asked.</summary>
    public required PortNumber DestinationPort { get; init; }

    /// <summary>The network or link where it was seen.</summary>
    public string Segment { get; }

    /// <summary>Who sent the first packet there.</summary>
    public string Sender { get; }

    /// <summary>Who took the first packet that arrived; <c>null</c> when none did.</summary>
    public string? Receiver { get; internal set; }

    /// <summary>When its first packet crossed that.</summary>
    public Instant Start { get; }

    /// <summary>When its last one did.</summary>
    public Instant End { get; private set; }

    /// <summary>Packets from the one that spoke first, lost ones too.</summary>
    public int PacketsThere { get; private set; }

    /// <summary>Packets to the host that began.</summary>
    public int PacketsBack { get; private set; }

    /// <summary>Bytes of data in <see cref="PacketsThere"/>, without headers.</summary>
    public long BytesThere { get; private set; }

    /// <summary>Bytes of data in <see cref="PacketsBack"/>.</summary>
    public long BytesBack { get; private set; }

    /// <summary>
    /// Whether it began with a TLS handshake (RFC 8446 section 5.1): the length of signatures is chance, and so are
    /// <see cref="BytesThere"/> and <see cref="BytesBack"/>.
    /// </summary>
    public bool IsTls { get; private set; }

    /// <summary>How far a TCP connection came, as its packets tell.</summary>
    public ConversationEnd Outcome =>
        Protocol != TransportProtocol.Tcp ? ConversationEnd.None
        : ((_there | _back) & TcpFlags.Rst) != 0 ? ConversationEnd.Reset
        : (_there & _back & TcpFlags.Fin) != 0 ? ConversationEnd.Closed
        : (_back & TcpFlags.Syn) != 0 ? ConversationEnd.Open
        : ConversationEnd.Unanswered;

    /// <summary>Whether a SYN would begin another one between the same sockets.</summary>
    internal bool IsOver => Outcome is ConversationEnd.Reset or ConversationEnd.Closed;

    internal void Add(bool isBack, TcpFlags flags, ReadOnlySpan<byte> data, Instant time)
    {
        IsTls |= BytesThere == 0 && !isBack && data is [22, 3, ..];
        var bytes = data.Length;
        End = time;
        if (isBack)
        {
            (PacketsBack, BytesBack, _back) = (PacketsBack + 1, BytesBack + bytes, _back | flags);
        }
        else
        {
            (PacketsThere, BytesThere, _there) = (PacketsThere + 1, BytesThere + bytes, _there | flags);
        }
    }
}

/// <summary>How a conversation ended.</summary>
public enum ConversationEnd
{
    /// <summary>UDP: it has no end.</summary>
    None,

    /// <summary>No host answered the SYN with one.</summary>
    Unanswered,

    /// <summary>It was still open.</summary>
    Open,

    /// <summary>Both sides sent FIN.</summary>
    Closed,

    /// <summary>By RST.</summary>
    Reset,
}
