using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>A host's <see cref="RoundTrip"/> in 12 bytes, to a nanosecond or a ten-millionth; the default is none.</summary>
internal readonly struct PackedTimes(in RoundTrip times)
{
    private readonly float _smoothed = (float)times.Smoothed.TotalSeconds;
    private readonly float _variation = (float)times.Variation.TotalSeconds;
    private readonly float _timeout = (float)times.Timeout.TotalSeconds;

    /// <summary>The times; <c>null</c> for none. A host that was measured was waited for.</summary>
    public RoundTrip? Value => _timeout <= 0 ? null
        : new RoundTrip(TimeSpan.FromSeconds(_smoothed), TimeSpan.FromSeconds(_variation), TimeSpan.FromSeconds(_timeout));
}
