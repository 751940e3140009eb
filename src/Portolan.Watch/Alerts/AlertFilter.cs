using Portolan.Watch.Snapshots;
using Portolan.Watch.Watching;

namespace Portolan.Watch.Alerts;

/// <summary>Which events a receiver wants. What is <c>null</c> does not restrict.</summary>
public sealed record AlertFilter
{
    /// <summary>The kinds of events.</summary>
    public IReadOnlySet<WatchEventKind>? Kinds { get; init; }

    /// <summary>The ports; an event of several ports counts where one of them is among these.</summary>
    public PortRanges? Ports { get; init; }

    /// <summary>
    /// Who can reach the port, in the chart's words. An event counts where the reach before it or after it is among these, or is unknown.
    /// </summary>
    public IReadOnlySet<string>? Reach { get; init; }

    /// <summary>The machine, or one of its network namespaces.</summary>
    public IReadOnlySet<string>? Hosts { get; init; }

    /// <summary>Whether an event is wanted.</summary>
    public bool Wants(WatchEvent one)
    {
        ArgumentNullException.ThrowIfNull(one);
        var change = one.Stored.Change;
        return Kinds?.Contains(one.Kind) != false
            && (Ports is null || !change.Ports.Intersect(Ports).IsEmpty)
            && (Reach is null || Fits(one.Kind, change.Before.Facts, change.After.Facts))
            && (Hosts is null || Hosts.Contains(change.Host.Space is { Length: > 0 } space ? space : one.Machine));
    }

    private bool Fits(WatchEventKind kind, Endpoint? before, Endpoint? after)
    {
        string?[] sides = kind switch
        {
            WatchEventKind.PortOpened => [after?.Reach?.Exposure],
            WatchEventKind.PortClosed => [before?.Reach?.Exposure],
            _ => [before?.Reach?.Exposure, after?.Reach?.Exposure],
        };
        return sides.Any(exposure => exposure is null or "unknown" || Reach!.Contains(exposure));
    }
}
