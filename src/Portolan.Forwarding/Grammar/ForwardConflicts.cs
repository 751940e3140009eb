using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>Forwards that cannot be together: two that listen on the same port, and those that lead back to themselves.</summary>
public static class ForwardConflicts
{
    /// <summary>Refuses two forwards whose listening sockets would be one.</summary>
    /// <param name="specs">All forwards.</param>
    /// <param name="metrics">Where counters are asked for, if they are.</param>
    /// <exception cref="PortolanException">Two are.</exception>
    public static void RefuseOverlap(IReadOnlyList<ForwardSpec> specs, (InternetAddress? Address, PortNumber Port)? metrics)
    {
        ArgumentNullException.ThrowIfNull(specs);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        var ports = new Dictionary<(TransportProtocol, ushort), List<ForwardSpec>>();
        foreach (var spec in specs)
        {
            if (spec.Listen.Path is { } path)
            {
                _ = paths.Add(path) ? 0 : throw Twice(spec, spec);
            }
            else if (spec.Listen.Port.Value != 0)
            {
                Add(ports, spec);
            }
        }

        if (metrics is { Port.Value: > 0 } place
            && ports.GetValueOrDefault((TransportProtocol.Tcp, place.Port.Value))?.Find(s => Overlap(s.Listen, new ListenPoint { Address = place.Address, Port = place.Port })) is { } taken)
        {
            throw Errors.Usage($"--metrics and {taken.Name} listen on the same port", $"give --metrics another port, such as --metrics {(place.Port.Value == 9100 ? 9101 : 9100)}");
        }
    }

    /// <summary>Refuses forwards that lead back to where they listen: each connection would make another, until no descriptor is left.</summary>
    /// <param name="specs">All forwards.</param>
    /// <param name="addressesOf">The addresses of a target.</param>
    /// <param name="isOwn">Whether an address is one of this host's; loopback always is.</param>
    /// <exception cref="PortolanException">One does.</exception>
    public static void RefuseLoop(IReadOnlyList<ForwardSpec> specs, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf, Func<InternetAddress, bool> isOwn)
    {
        ArgumentNullException.ThrowIfNull(specs);
        ArgumentNullException.ThrowIfNull(addressesOf);
        ArgumentNullException.ThrowIfNull(isOwn);
        var ports = specs.Where(s => s.Listen.Path is null).ToLookup(s => (s.Protocol, s.Listen.Port.Value));
        var paths = specs.Where(s => s.Listen.Path is not null).ToLookup(s => s.Listen.Path!, StringComparer.Ordinal);
        var isDone = new HashSet<ForwardSpec>(ReferenceEqualityComparer.Instance);
        var way = new List<ForwardSpec>();
        foreach (var spec in specs)
        {
            Follow(spec);
        }

        void Follow(ForwardSpec spec)
        {
            if (way.FindIndex(s => ReferenceEquals(s, spec)) is var at and >= 0)
            {
                throw Errors.Usage($"{string.Join(" leads to ", way[at..].Append(spec).Select(s => s.Name))}: it leads back to itself, and each connection would make another without end", "give the target another host or port");
            }

            if (!isDone.Add(spec))
            {
                return;
            }

            way.Add(spec);
            foreach (var target in spec.Targets)
            {
                foreach (var next in target.Path is { } path ? paths[path] : ports[(spec.Protocol, target.Port.Value)])
                {
                    if (target.Path is not null || addressesOf(target).Any(a => Meets(a, next.Listen)))
                    {
                        Follow(next);
                    }
                }
            }

            way.RemoveAt(way.Count - 1);
        }

        bool Meets(InternetAddress address, ListenPoint listen) =>
            listen.Address is { } one && !one.IsUnspecified ? one.Unmap() == address.Unmap()
            : (listen.Address is null || listen.Address.Value.IsIPv4 == address.IsIPv4) && (address.IsLoopback || isOwn(address));
    }

    private static void Add(Dictionary<(TransportProtocol, ushort), List<ForwardSpec>> ports, ForwardSpec spec)
    {
        if (!ports.TryGetValue((spec.Protocol, spec.Listen.Port.Value), out var others))
        {
            ports.Add((spec.Protocol, spec.Listen.Port.Value), others = []);
        }

        if (others.Find(o => Overlap(o.Listen, spec.Listen)) is { } other)
        {
            throw Twice(other, spec);
        }

        others.Add(spec);
    }

    /// <summary>Whether one socket's addresses are among the other's. Without an address both families are meant; <c>[::]</c> alone is IPv6 only.</summary>
    private static bool Overlap(ListenPoint one, ListenPoint other) =>
        one.Address is not { } first || other.Address is not { } second
        || (first.IsIPv4 == second.IsIPv4 && (first.IsUnspecified || second.IsUnspecified || (first == second && one.Zone == other.Zone)));

    private static PortolanException Twice(ForwardSpec one, ForwardSpec other) => Errors.Usage(
        one.Name == other.Name ? $"{one.Name} is listened on twice" : $"{one.Name} and {other.Name} listen on the same port",
        "for several targets write them between commas: 8080 web1:80,web2:80");
}
