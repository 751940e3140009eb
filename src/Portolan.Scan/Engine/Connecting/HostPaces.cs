using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// For each host of a group: its round-trip time, and how much time lies between probes to it. One worker's own; not shared.
/// </summary>
internal sealed class HostPaces
{
    private readonly RttEstimator[] _times;
    private readonly RttBounds _bounds;
    private readonly ushort[] _delays;
    private readonly long[] _readyAt;
    private readonly ushort[] _answers;
    private readonly ushort[] _lateAnswers;
    private readonly byte[] _raisedInPass;
    private bool _hasDelays;

    /// <summary>Makes the paces of a group.</summary>
    public HostPaces(int hosts, TimingSettings timing)
    {
        _times = new RttEstimator[hosts];
        _bounds = new RttBounds(timing.MinRoundTripTimeout, timing.InitialRoundTripTimeout, timing.MaxRoundTripTimeout);
        _hasDelays = timing.ScanDelay > TimeSpan.Zero;
        LeastDelay = timing.ScanDelay;
        _delays = new ushort[hosts];
        _readyAt = new long[hosts];
        _answers = new ushort[hosts];
        _raisedInPass = new byte[hosts];
        _lateAnswers = new ushort[hosts];
    }

    /// <summary>What <c>--scan-delay</c> says.</summary>
    public TimeSpan LeastDelay { get; }

    /// <summary>How long to wait for a host's reply.</summary>
    public TimeSpan Timeout(int host) => _times[host].Timeout(_bounds);

    /// <summary>Takes a measured round trip.</summary>
    public void Add(int host, TimeSpan roundTrip) => _times[host].Add(roundTrip);

    /// <summary>What was measured.</summary>
    public RttEstimator TimesOf(int host) => _times[host];

    /// <summary>When a host may be probed again; <paramref name="now"/> or earlier when it may be at once.</summary>
    public long ReadyAt(int host, long now) => _hasDelays ? _readyAt[host] : now;

    /// <summary>A probe left for a host.</summary>
    public void Sent(int host, long now)
    {
        if (_hasDelays)
        {
            _readyAt[host] = now + Math.Max((long)LeastDelay.TotalMilliseconds, _delays[host]) * 1_000_000;
        }
    }

    /// <summary>Counts a first answer of a port.</summary>
    /// <param name="host">The host.</param>
    /// <param name="isLate">Only a repeated probe was answered.</param>
    /// <returns>How many so far, and how many of them late; both stop at 65,535.</returns>
    public (int All, int Late) CountAnswer(int host, bool isLate)
    {
        _answers[host] += (ushort)(_answers[host] < ushort.MaxValue ? 1 : 0);
        _lateAnswers[host] += (ushort)(isLate && _lateAnswers[host] < ushort.MaxValue ? 1 : 0);
        return (_answers[host], _lateAnswers[host]);
    }

    /// <summary>Whether a port of the host has answered.</summary>
    public bool HasAnswered(int host) => _answers[host] > 0;

    /// <summary>How many hosts.</summary>
    public int Count => _answers.Length;

    /// <summary>True once in a pass for each host.</summary>
    public bool TryRaiseInPass(int host, int pass)
    {
        var isFirst = _raisedInPass[host] != (byte)pass;
        _raisedInPass[host] = (byte)pass;
        return isFirst;
    }

    /// <summary>The host's own delay now.</summary>
    public TimeSpan DelayOf(int host) => TimeSpan.FromMilliseconds(_delays[host]);

    /// <summary>Sets the host's own delay, up to 65 s.</summary>
    public void SetDelay(int host, TimeSpan delay)
    {
        _delays[host] = (ushort)Math.Clamp(delay.TotalMilliseconds, 0, ushort.MaxValue);
        _hasDelays |= _delays[host] > 0;
    }
}
