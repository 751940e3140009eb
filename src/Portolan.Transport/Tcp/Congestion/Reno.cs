namespace Portolan.Transport.Tcp.Congestion;

/// <summary>RFC 5681.</summary>
internal sealed class Reno : ICongestionControl
{
    public void OnAcknowledged(ref CongestionState state, int acked, long now, long roundTrip)
    {
        if (state.IsSlowStart)
        {
            acked = SlowStart.Take(ref state, acked);
        }

        // RFC 5681 section 3.1: by counting bytes, one SMSS for each window acknowledged.
        if (acked == 0)
        {
            return;
        }

        var memory = state.Learn();
        memory.Credit += acked;
        if (memory.Credit >= state.Window)
        {
            memory.Credit -= state.Window;
            state.Grow(state.SegmentSize);
        }
    }

    public void OnRoundTrip(ref CongestionState state, long sample, long now, SequenceNumber acknowledged, SequenceNumber next)
    {
    }

    public void OnTimeout(ref CongestionState state)
    {
    }

    // RFC 5681 section 3.1, equation 4.
    public void OnCongestion(ref CongestionState state, long inFlight)
    {
        state.Threshold = Math.Max(inFlight / 2, 2L * state.SegmentSize);
        state.Memory?.Credit = 0;
    }

    public void OnIdle(ref CongestionState state, long idle)
    {
    }
}
