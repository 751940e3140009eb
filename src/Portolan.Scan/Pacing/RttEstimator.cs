namespace Portolan.Scan.Pacing;

/// <summary>
/// Smoothed round-trip time and its variation as RFC 6298 has them; a value of 8 bytes, for one host or for several together.
/// </summary>
/// <remarks>Not for samples of repeated probes whose replies cannot be distinguished (Karn's rule): give it only those that can.</remarks>
public struct RttEstimator
{
    private const float Alpha = 1f / 8;
    private const float Beta = 1f / 4;
    private const float NotMeasured = 0;

    // In seconds. 0: nothing was measured yet, so a measured time of 0 is kept as the least positive one.
    private float _smoothed;
    private float _variation;

    /// <summary>Something was measured.</summary>
    public readonly bool HasSample => _smoothed > NotMeasured;

    /// <summary>SRTT.</summary>
    public readonly TimeSpan Smoothed => TimeSpan.FromSeconds(_smoothed);

    /// <summary>RTTVAR.</summary>
    public readonly TimeSpan Variation => TimeSpan.FromSeconds(_variation);

    /// <summary>Takes a measured round trip (RFC 6298, 2.2 and 2.3).</summary>
    public void Add(TimeSpan roundTrip)
    {
        var sample = MathF.Max((float)roundTrip.TotalSeconds, float.Epsilon);
        if (!HasSample)
        {
            _smoothed = sample;
            _variation = sample / 2;
            return;
        }

        _variation = ((1 - Beta) * _variation) + (Beta * MathF.Abs(_smoothed - sample));
        _smoothed = MathF.Max(((1 - Alpha) * _smoothed) + (Alpha * sample), float.Epsilon);
    }

    /// <summary>How long to wait for a reply: SRTT + 4 × RTTVAR within bounds, or the first wait while nothing was measured.</summary>
    public readonly TimeSpan Timeout(in RttBounds bounds)
    {
        if (!HasSample)
        {
            return bounds.Initial;
        }

        var timeout = TimeSpan.FromSeconds(_smoothed + (4 * _variation));
        return timeout < bounds.Least ? bounds.Least : timeout > bounds.Most ? bounds.Most : timeout;
    }
}

/// <summary>Bounds of the wait for a reply (<c>--min-rtt-timeout</c>, <c>--initial-rtt-timeout</c>, <c>--max-rtt-timeout</c>).</summary>
/// <param name="Least">Never less.</param>
/// <param name="Initial">Before anything was measured.</param>
/// <param name="Most">Never more.</param>
public readonly record struct RttBounds(TimeSpan Least, TimeSpan Initial, TimeSpan Most);
