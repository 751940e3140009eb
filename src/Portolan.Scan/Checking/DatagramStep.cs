using Portolan.Model;
using Portolan.Scan.Identification;

namespace Portolan.Scan.Checking;

/// <summary>A datagram in the protocol's own words, and what came back.</summary>
/// <param name="Address">Where it went.</param>
/// <param name="Payload">Whose first message it was, such as <c>ntp</c>; <c>null</c> for an empty datagram, where no protocol is known for
/// the port.</param>
/// <param name="PayloadLength">Bytes of one datagram's payload; the first one's where they differ.</param>
/// <param name="Exchange">What came of it; a reply is text from outside.</param>
public sealed record DatagramStep(InternetAddress Address, string? Payload, int PayloadLength, DatagramResult Exchange)
    : CheckStep, IPortEvidence, IServiceEvidence
{
    /// <inheritdoc/>
    public override string Kind => "datagram";

    /// <summary>The protocol that the reply proves; <c>null</c> when it is not an answer of the protocol that was asked for.</summary>
    public string? Service { get; init; }

    /// <summary>It kept silent to the datagrams and answered when it was asked what it is.</summary>
    public bool AnsweredWhenAsked { get; init; }

    /// <summary>What answered, where a protocol was named; else <c>null</c>.</summary>
    public IdentifiedService? Identified { get; init; }

    /// <inheritdoc/>
    public PortState State => AnsweredWhenAsked ? PortState.Open : Exchange.Outcome switch
    {
        DatagramOutcome.Replied => PortState.Open,
        DatagramOutcome.Refused => PortState.Closed,
        DatagramOutcome.Unreachable => PortState.Filtered,
        DatagramOutcome.Silent => PortState.OpenFiltered,
        _ => PortState.Unknown,
    };
}
