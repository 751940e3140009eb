using Portolan.Forwarding.Model;

namespace Portolan.Forwarding.Grammar;

/// <summary>Forwards that cannot be together: two that listen on the same port, and those that lead back to themselves.</summary>
public static class ForwardConflicts
{
    /// <summary>The most pairs of a listening port and a target: all ports twice.</summary>
    public const int MostPairs = 2 * PortNumber.Count;

    /// <summary>Refuses two forwards whose listening sockets would be one, and more of them than there is room for.</summary>
    /// <param name="ranges">All forwards, before they are one for each port.</param>
    /// <param name="metrics">Where counters are asked for, if they are.</param>
    /// <exception cref="PortolanException">Two are, or there are too many.</exception>
    public static void RefuseOverlap(IReadOnlyList<ForwardRange> ranges, (InternetAddress? Address, PortNumber Port)? metrics)
    {
        ArgumentNullException.ThrowIfNull(ranges);
        var paths = new HashSet<string>(StringComparer.Ordinal);
        foreach (var range in ranges)
        {
            if (range.First.Listen.Path is { } path && !paths.Add(path))
            {
                throw Twice(range.First, range.First);
            }
        }

        // Port 0 lets the kernel choose another one each time.
        foreach (var same in ranges.Where(static r => r.First.Listen is { Path: null, Port.Value: > 0 }).GroupBy(static r => r.Protocol))
        {
            if (ListenOverlap.Find(same) is var (one, other, port))
            {
                throw Twice(one.At(port.Value - one.Ports.First.Value), other.At(port.Value - other.Ports.First.Value));
            }
        }

        if (ranges.Sum(static r => r.PairCount) is var pairs and > MostPairs)
        {
            throw Errors.Usage(
                $"{pairs:N0} pairs of a listening port and a target exceed the limit of {MostPairs:N0}",
                $"split them over several programs, or forward fewer ports");
        }

        if (metrics is { Port.Value: > 0 } place)
        {
            var point = new ListenPoint { Address = place.Address, Port = place.Port };
            if (ranges.FirstOrDefault(
                r => r is { Protocol: TransportProtocol.Tcp, First.Listen.Path: null } && r.Ports.Contains(place.Port)
                    && ListenOverlap.Meets(r.First.Listen, point)) is { } taken)
            {
                throw Errors.Usage(
                    $"--metrics and {taken.At(place.Port.Value - taken.Ports.First.Value).Name} listen on the same port",
                    $"give --metrics another port, e.g. --metrics {(place.Port.Value == 9100 ? 9101 : 9100)}");
            }
        }
    }

    /// <summary>
    /// Refuses forwards that lead back to where they listen: each connection would make another, until no descriptor is left.
    /// </summary>
    /// <param name="specs">All forwards.</param>
    /// <param name="addressesOf">The addresses of a target.</param>
    /// <param name="isOwn">Whether an address is one of this host's; loopback always is.</param>
    /// <exception cref="PortolanException">One does.</exception>
    public static void RefuseLoop(
        IReadOnlyList<ForwardSpec> specs, Func<TargetPoint, IReadOnlyList<InternetAddress>> addressesOf, Func<InternetAddress, bool> isOwn)
    {
        ArgumentNullException.ThrowIfNull(specs);
        ArgumentNullException.ThrowIfNull(addressesOf);
        ArgumentNullException.ThrowIfNull(isOwn);
        var ports = specs.Where(s => s.Listen.Path is null).ToLookup(s => (s.Protocol, s.Listen.Port.Value));
        var paths = specs.Where(s => s.Listen.Path is not null).ToLookup(s => s.Listen.Path!, StringComparer.Ordinal);
        var isDone = new HashSet<ForwardSpec>(ReferenceEqualityComparer.Instance);
        var isOnWay = new HashSet<ForwardSpec>(ReferenceEqualityComparer.Instance);
        var way = new Stack<(ForwardSpec Spec, IEnumerator<ForwardSpec> Next)>();
        foreach (var spec in specs)
        {
            Enter(spec);
            while (way.TryPeek(out var last))
            {
                if (last.Next.MoveNext())
                {
                    Enter(last.Next.Current);
                }
                else
                {
                    isOnWay.Remove(way.Pop().Spec);
                }
            }
        }

        void Enter(ForwardSpec spec)
        {
            if (isOnWay.Contains(spec))
            {
                throw LeadsBack(
                    [.. way.Select(static w => w.Spec).TakeWhile(s => !ReferenceEquals(s, spec)).Prepend(spec).Append(spec).Reverse()]);
            }

            if (isDone.Add(spec))
            {
                isOnWay.Add(spec);
                way.Push((spec, FollowersOf(spec).GetEnumerator()));
            }
        }

        IEnumerable<ForwardSpec> FollowersOf(ForwardSpec spec)
        {
            foreach (var target in spec.Targets)
            {
                foreach (var next in target.Path is { } path ? paths[path] : ports[(spec.Protocol, target.Port.Value)])
                {
                    if (target.Path is not null || addressesOf(target).Any(a => Meets(a, next.Listen)))
                    {
                        yield return next;
                    }
                }
            }
        }

        bool Meets(InternetAddress address, ListenPoint listen) =>
            listen.Address is { } one && !one.IsUnspecified ? one.Unmap() == address.Unmap()
            : (listen.Address is null || listen.Address.Value.IsIPv4 == address.IsIPv4) && (address.IsLoopback || isOwn(address));
    }

    private static PortolanException LeadsBack(List<ForwardSpec> circle)
    {
        const int Shown = 8;
        var names = circle.Count <= Shown
            ? circle.ConvertAll(static s => s.Name)
            : [.. circle.Take(Shown - 1).Select(static s => s.Name), "…", circle[^1].Name];
        return Errors.Usage(
            $"{string.Join(" leads to ", names)}: a forwarding loop: each connection would open another",
            $"give the target another host or port");
    }

    private static PortolanException Twice(ForwardSpec one, ForwardSpec other) => Errors.Usage(
        one.Name == other.Name ? $"{one.Name} is listened on twice" : $"{one.Name} and {other.Name} listen on the same port",
        $"for several targets write them between commas: 8080 web1:80,web2:80");
}
