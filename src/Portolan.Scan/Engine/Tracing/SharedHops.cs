using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>Hops of traces that are done: a trace that meets one of them at the same distance has the same beginning.</summary>
internal sealed class SharedHops
{
    private readonly Dictionary<(int TimeToLive, InternetAddress Address), IReadOnlyList<TraceHop>> _hops = [];

    /// <summary>Keeps the hops of a trace.</summary>
    public void Add(IReadOnlyList<TraceHop> hops)
    {
        foreach (var hop in hops)
        {
            if (hop.Address is { } address)
            {
                _hops.TryAdd((hop.TimeToLive, address), hops);
            }
        }
    }

    /// <summary>The trace that has a hop at a distance; <c>null</c> for none.</summary>
    public IReadOnlyList<TraceHop>? Find(int timeToLive, InternetAddress address) => _hops.GetValueOrDefault((timeToLive, address));
}
