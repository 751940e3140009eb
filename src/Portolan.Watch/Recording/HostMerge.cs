using Portolan.Scan.Results;
using Portolan.Watch.Snapshots;

namespace Portolan.Watch.Recording;

/// <summary>What is known of a host by all looks: each port as the last look at it found it.</summary>
internal static class HostMerge
{
    /// <summary>Adds a look to what was known before. A look at a part of the ports leaves the others as they were.</summary>
    public static HostSnapshot Of(HostSnapshot known, HostSnapshot look)
    {
        var merged = Copy(known);
        merged.Name = look.Name ?? known.Name;
        merged.ReverseName = look.ReverseName ?? known.ReverseName;
        if (look.Status != HostStatus.Unknown)
        {
            (merged.Status, merged.IsStatusSilent) = (look.Status, look.IsStatusSilent);
        }

        foreach (var span in look.Spans)
        {
            merged.Add(span.Protocol, span.Ports, span.State);
        }

        // A port that is not open any more has no facts.
        merged.ForgetEndpoints(endpoint => merged.StateOf(endpoint)?.States != PossibleStates.Open);
        foreach (var (endpoint, facts) in look.Endpoints)
        {
            merged.Set(endpoint, known.Endpoints.TryGetValue(endpoint, out var before) ? FactsText.Merge(before, facts) : facts);
        }

        return merged;
    }

    /// <summary>The same host, looked at as if it were up: what it was before it went down.</summary>
    public static HostSnapshot AsUp(HostSnapshot host)
    {
        var copy = Copy(host);
        (copy.Status, copy.IsStatusSilent) = (HostStatus.Up, false);
        return copy;
    }

    private static HostSnapshot Copy(HostSnapshot host)
    {
        var copy = new HostSnapshot(host.Key)
        {
            Name = host.Name,
            ReverseName = host.ReverseName,
            Status = host.Status,
            IsStatusSilent = host.IsStatusSilent,
        };
        foreach (var span in host.Spans)
        {
            copy.Add(span.Protocol, span.Ports, span.State);
        }

        foreach (var (endpoint, facts) in host.Endpoints)
        {
            copy.Set(endpoint, facts);
        }

        return copy;
    }
}
