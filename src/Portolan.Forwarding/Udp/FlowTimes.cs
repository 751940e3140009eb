namespace Portolan.Forwarding.Udp;

/// <summary>Times of flows of datagrams, in milliseconds.</summary>
/// <param name="Evictable">A flow that has been silent for so long gives its place to a new client where there is no other.</param>
/// <param name="Answer">When the forward ends: so long a client may wait for an answer.</param>
/// <param name="Quiet">When the forward ends: after so long without a datagram behind an answer the talk is over.</param>
internal readonly record struct FlowTimes(long Evictable, long Answer, long Quiet)
{
    /// <summary>Longer than nearly all answers take, and short enough for a forward that is to end.</summary>
    public static FlowTimes Usual { get; } = new(2000, 3000, 500);

    /// <summary>After the last answer that was to come: what the client asks next from the same port goes on in the same flow.</summary>
    public long Over { get; init; } = 100;

    /// <summary>
    /// So long an answer that is to come is waited for, unless <c>--idle</c> says otherwise: longer than any client of such a protocol
    /// waits.
    /// </summary>
    public long Unanswered { get; init; } = 10_000;
}
