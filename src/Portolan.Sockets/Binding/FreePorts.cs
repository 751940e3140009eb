using Portolan.Linux;

namespace Portolan.Sockets.Binding;

/// <summary>Finds ports that are unused and not reserved.</summary>
public static class FreePorts
{
    /// <summary>Which ports some socket of the caller's namespace uses as its local port, in whatever state, TIME-WAIT included.</summary>
    public static PortSet Used(SocketSnapshot snapshot, IReadOnlyCollection<TransportProtocol> protocols)
    {
        var used = new PortSet();
        var sockets = snapshot.Sockets;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (entry.Protocol.Transport() is { } transport && protocols.Contains(transport)
                && snapshot.Namespaces[entry.NamespaceIndex].IsOwn)
            {
                used.Add(entry.LocalPortNumber);
            }
        }

        return used;
    }

    /// <summary>
    /// The range that is searched when none is named: IANA's User ports below this host's ephemeral range, because a port in that
    /// range may go to an outgoing connection at any moment. Where the ephemeral range leaves nothing below it, 1024–65535.
    /// </summary>
    public static PortRange DefaultRange(KernelSettings settings)
    {
        const ushort FirstUser = 1024, LastUser = 49151;
        var last = settings.EphemeralRange is not { } ephemeral ? LastUser
            : ephemeral.Range.First.Value > FirstUser ? Math.Min(LastUser, ephemeral.Range.First.Value - 1)
            : ushort.MaxValue;
        return new PortRange(new PortNumber(FirstUser), new PortNumber((ushort)last));
    }

    /// <summary>
    /// The ports of the range in the order they are to be tried: upwards, or by distance from <paramref name="near"/>, the higher of two
    /// equals first.
    /// </summary>
    public static IEnumerable<PortNumber> Order(PortRange range, PortNumber? near)
    {
        if (near is not { } center)
        {
            for (int port = range.First.Value; port <= range.Last.Value; port++)
            {
                yield return new PortNumber((ushort)port);
            }

            yield break;
        }

        for (var distance = 0; distance < PortNumber.Count; distance++)
        {
            var above = center.Value + distance;
            var below = center.Value - distance;
            if (above <= range.Last.Value && above >= range.First.Value)
            {
                yield return new PortNumber((ushort)above);
            }

            if (distance > 0 && below >= range.First.Value && below <= range.Last.Value)
            {
                yield return new PortNumber((ushort)below);
            }
        }
    }

    /// <summary>The ports of the range in an order that the seed alone decides, each once.</summary>
    public static IEnumerable<PortNumber> Shuffled(PortRange range, int seed)
    {
        var ports = new ushort[range.Count];
        for (var i = 0; i < ports.Length; i++)
        {
            ports[i] = (ushort)(range.First.Value + i);
        }

        new Random(seed).Shuffle(ports);
        foreach (var port in ports)
        {
            yield return new PortNumber(port);
        }
    }

    /// <summary>Finds up to as many ports as asked for. Port 0 is never one of them.</summary>
    /// <param name="search">What to look for.</param>
    /// <param name="used">From <see cref="Used"/>.</param>
    /// <param name="settings">The kernel's rules; reserved ports are skipped.</param>
    /// <param name="referee">Tries each candidate for real, for every address of the machine.</param>
    /// <param name="use">Which ports are known to be unused.</param>
    /// <param name="isAssigned">Whether the registry assigns the port; asked only when <see cref="FreePortSearch.SkipAssigned"/>.</param>
    public static List<PortNumber> Find(
        FreePortSearch search, PortSet used, KernelSettings settings, IBindReferee referee, PortsInUse use,
        Func<PortNumber, bool> isAssigned)
    {
        var found = new List<PortNumber>();
        foreach (var port in search.Seed is { } seed ? Shuffled(search.Range, seed) : Order(search.Range, search.Near))
        {
            if (found.Count == search.Count)
            {
                break;
            }

            if (port.Value != 0
                && !used.Contains(port)
                && settings.EphemeralRange?.Reserved.Contains(port) != true
                && !(search.SkipAssigned && isAssigned(port))
                && search.Protocols.All(p => BindTrial.AllWildcardsWork(referee, p, port, use)))
            {
                found.Add(port);
            }
        }

        return found;
    }
}

/// <summary>What to look for.</summary>
/// <param name="Range">Where.</param>
/// <param name="Count">How many, at least 1.</param>
/// <param name="Near">Closest first to this port, or <c>null</c> for lowest first.</param>
/// <param name="Protocols">For which protocols the port must be free.</param>
/// <param name="SkipAssigned">Whether ports that IANA assigns to a service are left alone.</param>
public sealed record FreePortSearch(
    PortRange Range, int Count, PortNumber? Near, IReadOnlyList<TransportProtocol> Protocols, bool SkipAssigned)
{
    /// <summary>Decides a random order; <c>null</c> for the usual one.</summary>
    public int? Seed { get; init; }
}
