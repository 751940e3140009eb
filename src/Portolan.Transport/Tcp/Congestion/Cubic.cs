namespace Portolan.Transport.Tcp.Congestion;

/// <summary>CUBIC (RFC 9438 (RFC 9293 section 3.8.2, MAY-18)). Windows in its formulas are segments, times are seconds.</summary>
/// <param name="usesHyStart">Whether slow start ends when round-trip times grow (RFC 9438 section 4.10 leaves the choice).</param>
internal sealed class Cubic(bool usesHyStart = false) : ICongestionControl
{
    private const double C = 0.4;
    private const double Beta = 0.7;

    /// <summary>RFC 9438 section 4.3: alpha for the Reno-friendly region.</summary>
    private const double Alpha = 3 * (1 - Beta) / (1 + Beta);

    /// <summary>
    /// While no loss has told W_max the window grows by a twentieth in a round trip at least, as in Linux: slow start may have ended early.
    /// </summary>
    private const double SearchGrowth = 1.0 / 20;

    private const double NanosecondsPerSecond = 1e9;

    /// <summary>So long after a reduction samples are still of queues that are being emptied.</summary>
    private const long SettlingTime = TcpTimings.Second;

    // RFC 9438 section 4.10.
    public void OnRoundTrip(ref CongestionState state, long sample, long now, SequenceNumber acknowledged, SequenceNumber next)
    {
        state.NoteRoundTrip(sample);
        if (!usesHyStart || !HyStart.IsWanted(state))
        {
            return;
        }

        var memory = state.Learn();
        var isSettling = memory.EpochStart != 0 && now - memory.EpochStart < SettlingTime;
        if (!isSettling && memory.HyStart.Update(state, sample, now, acknowledged, next))
        {
            state.Threshold = state.Window;
        }
    }

    // RFC 9438 section 4.8: after a timeout K is 0, and W_max and W_est are the window with which congestion avoidance begins.
    public void OnTimeout(ref CongestionState state)
    {
        state.ForgetRoundTrips();
        if (state.Memory is { } memory)
        {
            memory.HyStart = default;
            (memory.WMax, memory.EpochStart, memory.Credit) = (0, 0, 0);
            memory.IsWMaxKnown = false;
        }
    }

    public void OnAcknowledged(ref CongestionState state, int acked, long now, long roundTrip)
    {
        if (state.IsSlowStart)
        {
            acked = SlowStart.Take(ref state, acked);
        }

        if (acked == 0)
        {
            return;
        }

        var memory = state.Learn();
        var window = (double)state.Window / state.SegmentSize;
        if (memory.EpochStart == 0)
        {
            Begin(memory, window, now);
        }

        // RFC 9438 section 4.2: the window in one round trip, between the window and 1.5 times it.
        var time = (now - memory.EpochStart + roundTrip) / NanosecondsPerSecond;
        var offset = time - memory.K;
        var target = Math.Clamp((C * offset * offset * offset) + memory.WMax, window, 1.5 * window);

        // RFC 9438 section 4.3: what Reno would have; with alpha 1 once it passes the window before the loss.
        var ackedSegments = (double)acked / state.SegmentSize;
        memory.WEst += (memory.WEst >= memory.WPrior ? 1 : Alpha) * ackedSegments / window;
        var increment = memory.WEst > CubicAt(memory, now) && memory.WEst > window
            ? memory.WEst - window
            : (target - window) / window * ackedSegments;
        if (!memory.IsWMaxKnown)
        {
            increment = Math.Max(increment, ackedSegments * SearchGrowth);
        }

        memory.Credit += increment * state.SegmentSize;
        if (memory.Credit >= 1)
        {
            var whole = (long)Math.Min(memory.Credit, state.Window / 2.0);
            state.Grow(whole);
            memory.Credit = Math.Min(memory.Credit - whole, state.SegmentSize);
        }
    }

    public void OnCongestion(ref CongestionState state, long inFlight)
    {
        var memory = state.Learn();
        var window = (double)state.Window / state.SegmentSize;
        memory.WPrior = window;

        memory.IsWMaxKnown = true;

        // RFC 9438 section 4.7: fast convergence.
        memory.WMax = window < memory.WMax ? window * (1 + Beta) / 2 : window;

        // RFC 9438 section 4.6: ssthresh from cwnd, which may be as it grows only while it is in use; at least two segments.
        state.Threshold = Math.Max((long)(state.Window * Beta), 2L * state.SegmentSize);
        memory.EpochStart = 0;
        memory.Credit = 0;
    }

    // RFC 9438 section 5.8: the epoch is moved by the time in which nothing was sent.
    public void OnIdle(ref CongestionState state, long idle)
    {
        if (state.Memory is { EpochStart: not 0 } memory)
        {
            memory.EpochStart += idle;
        }
    }

    private static double CubicAt(CongestionMemory memory, long now)
    {
        var offset = ((now - memory.EpochStart) / NanosecondsPerSecond) - memory.K;
        return (C * offset * offset * offset) + memory.WMax;
    }

    private static void Begin(CongestionMemory memory, double window, long now)
    {
        memory.EpochStart = Math.Max(1, now);
        memory.WEst = window;

        // RFC 9438 section 4.2: K is the time to get back to W_max; 0 when there is nowhere to get back to.
        memory.K = memory.WMax > window ? Math.Cbrt((memory.WMax - window) / C) : 0;
        memory.WMax = Math.Max(memory.WMax, window);
    }
}
