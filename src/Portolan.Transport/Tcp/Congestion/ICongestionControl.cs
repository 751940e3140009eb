namespace Portolan.Transport.Tcp.Congestion;

/// <summary>
/// How a congestion window grows, and how much is left of it after congestion. It has no state of its own: one serves all connections.
/// </summary>
internal interface ICongestionControl
{
    /// <summary>Data were acknowledged while the window was in full use and nothing was amiss.</summary>
    /// <param name="state">The connection's.</param>
    /// <param name="acked">Bytes.</param>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="roundTrip">The smoothed round-trip time in nanoseconds.</param>
    void OnAcknowledged(ref CongestionState state, int acked, long now, long roundTrip);

    /// <summary>A round-trip time was measured; told before <see cref="OnAcknowledged"/>, and at any time.</summary>
    /// <param name="state">The connection's.</param>
    /// <param name="sample">Nanoseconds.</param>
    /// <param name="now">Nanoseconds.</param>
    /// <param name="acknowledged">SND.UNA.</param>
    /// <param name="next">SND.NXT.</param>
    void OnRoundTrip(ref CongestionState state, long sample, long now, SequenceNumber acknowledged, SequenceNumber next);

    /// <summary>A retransmission timeout: what was learned of the path is out of date.</summary>
    void OnTimeout(ref CongestionState state);

    /// <summary>
    /// Congestion: sets <see cref="CongestionState.Threshold"/>, at most once a round trip. The window is the caller's affair.
    /// </summary>
    /// <param name="state">The connection's.</param>
    /// <param name="inFlight">Bytes in flight.</param>
    void OnCongestion(ref CongestionState state, long inFlight);

    /// <summary>Nothing was sent for a while, so that time does not count as time without loss.</summary>
    void OnIdle(ref CongestionState state, long idle);
}

/// <summary>What all congestion controls have in common.</summary>
internal static class SlowStart
{
    /// <summary>
    /// RFC 5681 section 3.1, by counting bytes (RFC 3465 section 2.2) without that RFC's bound L, as Linux does: one acknowledgment of many
    /// segments, as peers that join segments send, counts in full. Returns the bytes that are left over for congestion avoidance.
    /// </summary>
    internal static int Take(ref CongestionState state, int acked)
    {
        var used = (int)Math.Min(acked, Math.Max(0, state.Threshold - state.Window));
        state.Grow(used);
        return acked - used;
    }
}
