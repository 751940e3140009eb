using System.Runtime.InteropServices;

namespace Portolan.Transport.Tcp.Congestion;

/// <summary>
/// HyStart (Ha and Rhee, "Taming the elephants", 2011; RFC 9406 has a later form) with Linux' numbers: slow start ends before the queue
/// overflows, when round-trip times grow or when acknowledgments come in one train for half of the least round-trip time. Nanoseconds.
/// </summary>
[StructLayout(LayoutKind.Auto)]
internal struct HyStart
{
    /// <summary>Smaller windows tell nothing.</summary>
    private const int LeastSegments = 16;

    /// <summary>So many samples of a round are waited for before they are believed.</summary>
    private const int SamplesWanted = 8;

    private const long LeastGrowth = 4 * TcpTimings.Millisecond;
    private const long MostGrowth = 16 * TcpTimings.Millisecond;

    /// <summary>Acknowledgments that are further apart are no train.</summary>
    private const long TrainGap = 2 * TcpTimings.Millisecond;

    /// <summary>
    /// A train may be longer by what four super-segments take on their way: they are acknowledged late for reasons of this host.
    /// </summary>
    private const int BurstBytes = 4 * 65_536;

    private const long MostBurst = TcpTimings.Millisecond;

    private SequenceNumber _roundEnd;
    private bool _hasRound;
    private bool _isFound;
    private byte _samples;
    private long _leastOfRound;
    private long _roundStart;
    private long _trainAt;

    /// <summary>Whether a sample may tell anything.</summary>
    internal static bool IsWanted(in CongestionState state) => state.IsSlowStart && state.Window >= (long)LeastSegments * state.SegmentSize;

    /// <summary>Takes a sample of the round-trip time, which the state has noted. Returns whether slow start should end.</summary>
    internal bool Update(in CongestionState state, long sample, long now, SequenceNumber acknowledged, SequenceNumber next)
    {
        if (_isFound || !IsWanted(state))
        {
            return false;
        }

        if (!_hasRound || acknowledged > _roundEnd)
        {
            (_roundEnd, _hasRound) = (next, true);
            _roundStart = _trainAt = now;
            (_samples, _leastOfRound) = (0, long.MaxValue);
        }

        _isFound = IsTrainLong(state, now) || HasDelayGrown(sample, state.LeastRoundTrip);
        return _isFound;
    }

    private bool IsTrainLong(in CongestionState state, long now)
    {
        if (now - _trainAt > TrainGap)
        {
            return false;
        }

        _trainAt = now;

        // In slow start two windows leave in a round trip.
        var burst = Math.Min(MostBurst, BurstBytes / 2 * state.LeastRoundTrip / Math.Max(1, state.Window));
        return now - _roundStart > (state.LeastRoundTrip + burst) / 2;
    }

    private bool HasDelayGrown(long sample, long least)
    {
        _leastOfRound = Math.Min(_leastOfRound, sample);
        if (_samples < SamplesWanted)
        {
            _samples++;
            return false;
        }

        return _leastOfRound > least + Math.Clamp(least / 8, LeastGrowth, MostGrowth);
    }
}
