namespace Portolan.Sockets.Binding;

/// <summary>
/// Which ports the sockets of the caller's namespace have, in whatever state, and for which protocols the kernel listed every socket.
/// </summary>
/// <remarks>
/// A plain bind that is tried and works keeps the port for a moment from every other program. One with SO_REUSEADDR leaves it to servers
/// that set the option too, and with this list its answer is as good (<see cref="BindTrial"/>).
/// </remarks>
public sealed class PortsInUse
{
    private readonly Dictionary<TransportProtocol, PortSet> _used = [];
    private readonly SocketSnapshot? _snapshot;
    private readonly PortRange _range;

    private PortsInUse(SocketSnapshot? snapshot, PortRange range) => (_snapshot, _range) = (snapshot, range);

    /// <summary>Nothing is known.</summary>
    public static PortsInUse Unknown { get; } = new(null, PortRange.All);

    /// <summary>Reads it from a snapshot.</summary>
    /// <param name="snapshot">Sockets of every state, of all local ports of the range.</param>
    /// <param name="range">Which ports were asked for.</param>
    public static PortsInUse Of(SocketSnapshot snapshot, PortRange range)
    {
        var use = new PortsInUse(snapshot, range);

        // A kernel that cannot list TCP sockets that are bound and idle (before 6.8) is among what is missing.
        // Files of /proc/net leave them out as well.
        if (snapshot.Missing.Count == 0)
        {
            foreach (var protocol in (ReadOnlySpan<TransportProtocol>)[TransportProtocol.Tcp, TransportProtocol.Udp])
            {
                var kind = protocol == TransportProtocol.Tcp ? SocketProtocols.Tcp : SocketProtocols.Udp;
                var sources = snapshot.Sources.Where(s => (s.Protocols & kind) != 0).ToList();
                if (sources.Count > 0 && sources.TrueForAll(static s => s.Source == "netlink"))
                {
                    use._used.Add(protocol, FreePorts.Used(snapshot, [protocol]));
                }
            }
        }

        return use;
    }

    /// <summary>Whether no socket has the port: <c>false</c> where one has, and where that is not known.</summary>
    public bool IsUnused(TransportProtocol protocol, PortNumber port) =>
        _range.Contains(port) && _used.TryGetValue(protocol, out var used) && !used.Contains(port);

    /// <summary>
    /// Whether the sockets that are listed leave room for a bind: <c>null</c> where that depends on what is not visible, or the list has
    /// gaps.
    /// </summary>
    public bool? LeavesRoomFor(BindAttempt attempt)
    {
        if (IsUnused(attempt.Protocol, attempt.Port))
        {
            return true;
        }

        return _snapshot is null || !_range.Contains(attempt.Port) ? null
            : BindConflicts.Find(attempt, _snapshot, certainOnly: true).Count > 0 ? false
            : _used.ContainsKey(attempt.Protocol) && BindConflicts.Find(attempt, _snapshot).Count == 0 ? true
            : null;
    }
}
