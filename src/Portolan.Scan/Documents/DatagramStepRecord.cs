using System.Text;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Scan.Documents;

/// <summary>A datagram and what came back.</summary>
public sealed record DatagramStepRecord : CheckStepRecord
{
    internal DatagramStepRecord(DatagramStep step)
        : base(step)
    {
        var exchange = step.Exchange;
        State = step.State.Name();
        Address = step.Address.ToString();
        Outcome = exchange.Outcome.Name();
        Payload = step.Payload;
        PayloadLength = step.PayloadLength;
        DatagramsSent = exchange.Sent;
        Sent = SocketPairRecord.Of(exchange.Pair);
        Replies = SocketPairRecord.Of(exchange.Pair?.Reverse());
        Icmp = IcmpRecord.Of(exchange.Icmp);
        Service = step.Service;
        Reply = DatagramReplyRecord.Of(exchange);
    }

    /// <summary>The state of the port.</summary>
    public string State { get; }

    /// <summary>Where it went.</summary>
    public string Address { get; }

    /// <summary>What came of it: see <see cref="DatagramOutcomeNames"/>.</summary>
    public string Outcome { get; }

    /// <summary>The protocol whose first message it was; <c>null</c> for an empty datagram.</summary>
    public string? Payload { get; }

    /// <summary>Bytes of the payload of the first datagram.</summary>
    public int PayloadLength { get; }

    /// <summary>How many were sent.</summary>
    public int DatagramsSent { get; }

    /// <summary>Source and destination of what was sent, or <c>null</c>.</summary>
    public SocketPairRecord? Sent { get; }

    /// <summary>Source and destination of replies, or <c>null</c>.</summary>
    public SocketPairRecord? Replies { get; }

    /// <summary>The ICMP message that ended it, or <c>null</c>.</summary>
    public IcmpRecord? Icmp { get; }

    /// <summary>The protocol that the reply proves, or <c>null</c>.</summary>
    public string? Service { get; }

    /// <summary>What came back; <c>null</c> when nothing did.</summary>
    public DatagramReplyRecord? Reply { get; }
}

/// <summary>A datagram that came back.</summary>
/// <param name="AnsweredAfterMilliseconds">How long after the last datagram was sent.</param>
/// <param name="Length">Bytes of its payload.</param>
/// <param name="Text">The payload as text. Hostile text.</param>
/// <param name="Hex">The payload exactly.</param>
public sealed record DatagramReplyRecord(decimal AnsweredAfterMilliseconds, int Length, string Text, string Hex)
{
    /// <summary>A reply as documents have it; <c>null</c> when there was none.</summary>
    public static DatagramReplyRecord? Of(DatagramResult exchange)
    {
        ArgumentNullException.ThrowIfNull(exchange);
        var bytes = exchange.Reply.Span;
        return exchange.Outcome != DatagramOutcome.Replied ? null : new DatagramReplyRecord(
            Milliseconds.Of(exchange.AnsweredAfter ?? TimeSpan.Zero), bytes.Length, Encoding.UTF8.GetString(bytes),
            Convert.ToHexStringLower(bytes));
    }
}
