using Portolan.Model;
using Portolan.Scan.Names;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Tracing;

/// <summary>Finds the names of the hops of a group's traces, each address once.</summary>
/// <param name="group">The hosts.</param>
/// <param name="known">Hosts whose traces have their names already.</param>
internal sealed class HopNames(HostGroup group, IReadOnlySet<int> known)
{
    /// <summary>Asks for them.</summary>
    public void Find(IReverseNames names, IProbeWatch watch)
    {
        var found = new Dictionary<InternetAddress, string?>();
        for (var host = 0; host < group.Count; host++)
        {
            foreach (var hop in Hops(host))
            {
                found.TryAdd(hop, null);
            }
        }

        // What was asked for the hosts themselves is not asked again.
        for (var host = 0; host < group.Count; host++)
        {
            if (found.ContainsKey(group.AddressOf(host)) && group.NameOf(host) is { } name)
            {
                found[group.AddressOf(host)] = name;
            }
        }

        var unknown = found.Where(static pair => pair.Value is null && !pair.Key.IsUnspecified).Select(static pair => pair.Key).ToList();
        if (unknown.Count > 0)
        {
            names.Find(unknown, (place, name) => found[unknown[place]] = name, done =>
            {
                watch.Tick(new StageStatus("names of hops", done, null, ProbeCursor.Start));
                return !watch.IsStopping;
            });
        }

        for (var host = 0; host < group.Count; host++)
        {
            if (!known.Contains(host) && group.TraceOf(host) is { } trace)
            {
                group.SetTrace(host, Named(trace, found));
            }
        }
    }

    private static HostTrace Named(HostTrace trace, Dictionary<InternetAddress, string?> names)
    {
        TraceHop? Name(TraceHop? hop) =>
            hop?.Address is { } address && names.GetValueOrDefault(address) is { } name ? hop with { Name = name } : hop;
        return trace with
        {
            Hops = [.. trace.Hops.Select(hop => Name(hop)!)],
            Filtered = [.. trace.Filtered.Select(filtered => filtered with { Last = Name(filtered.Last), Next = Name(filtered.Next) })],
        };
    }

    private IEnumerable<InternetAddress> Hops(int host)
    {
        if (known.Contains(host) || group.TraceOf(host) is not { } trace)
        {
            return [];
        }

        var last = trace.Filtered.Select(static filtered => filtered.Last).OfType<TraceHop>();
        return trace.Hops.Concat(last).Select(static hop => hop.Address).OfType<InternetAddress>();
    }
}
