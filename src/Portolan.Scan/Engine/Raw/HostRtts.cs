using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Raw;

/// <summary>Round-trip times of a group's hosts, 8 bytes each, and of all together. The driving thread's.</summary>
internal sealed class HostRtts(int hosts, RttBounds bounds)
{
    private readonly RttEstimator[] _hosts = new RttEstimator[hosts];
    private RttEstimator _all;
    private long _longest;

    /// <summary>Nothing was measured.</summary>
    public bool IsEmpty => !_all.HasSample;

    /// <summary>Takes a measured round trip, in nanoseconds.</summary>
    public void Add(int host, long roundTrip)
    {
        var sample = RawClock.Span(Math.Max(0, roundTrip));
        _hosts[host].Add(sample);
        _all.Add(sample);
        _longest = Math.Max(_longest, RawClock.Of(_hosts[host].Timeout(bounds)));
    }

    /// <summary>How long to wait for a host's reply, in nanoseconds; what is known of the others when it was not measured itself.</summary>
    public long WaitFor(int host) => RawClock.Of(_hosts[host].HasSample ? _hosts[host].Timeout(bounds) : _all.Timeout(bounds));

    /// <summary>A wait that is enough for every host: the longest now, of all that were measured.</summary>
    public long WaitForAll => Math.Max(_longest, RawClock.Of(_all.Timeout(bounds)));

    /// <summary>Looks at all hosts again: waits may have become shorter.</summary>
    public void Refresh()
    {
        _longest = 0;
        foreach (ref var host in _hosts.AsSpan())
        {
            if (host.HasSample)
            {
                _longest = Math.Max(_longest, RawClock.Of(host.Timeout(bounds)));
            }
        }
    }

    /// <summary>For a host's report; <c>null</c> when it was not measured.</summary>
    public RoundTrip? TimesOf(int host) =>
        _hosts[host].HasSample ? new RoundTrip(_hosts[host].Smoothed, _hosts[host].Variation, _hosts[host].Timeout(bounds)) : null;
}
