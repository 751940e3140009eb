using Portolan.Sockets.Chart;

namespace Portolan.Sockets.Binding;

/// <summary>Which sockets are in the way of a bind, by the kernel's own rules.</summary>
/// <remarks>
/// inet_rcv_saddr_equal in net/ipv4/inet_connection_sock.c, which TCP (inet_csk_bind_conflict) and UDP
/// (udp_lib_lport_inuse) share. Every socket that owns the port counts, TIME-WAIT included, unless both sides agreed to share it
/// (<see cref="BindSharing"/>). What the holder agreed to is not visible from outside, so a bind that would share meets doubt.
/// </remarks>
public static class BindConflicts
{
    /// <summary>Indexes of the entries in the caller's own namespace that conflict with <paramref name="attempt"/>.</summary>
    /// <param name="attempt">The bind.</param>
    /// <param name="snapshot">The sockets.</param>
    /// <param name="certainOnly">Whether to leave out those where something decides that is not visible: IPV6_V6ONLY, or what they agreed
    /// to.</param>
    /// <param name="holds">What the sockets agreed to, if known.</param>
    public static List<int> Find(BindAttempt attempt, SocketSnapshot snapshot, bool certainOnly = false, BindSharing? holds = null)
    {
        var found = new List<int>();
        var sockets = snapshot.Sockets;
        for (var i = 0; i < sockets.Count; i++)
        {
            ref readonly var entry = ref sockets[i];
            if (entry.LocalPort == attempt.Port.Value
                && entry.Protocol != SocketProtocol.Mptcp
                && entry.Protocol.Transport() == attempt.Protocol
                && snapshot.Namespaces[entry.NamespaceIndex].IsOwn
                && entry.State != SocketState.SynReceived
                && Overlaps(attempt, entry, V6Only(entry) ?? certainOnly)
                && !(BindSharing.Allows(attempt, entry, holds) ?? certainOnly))
            {
                found.Add(i);
            }
        }

        return found;
    }

    /// <summary>Whether the addresses of the attempt and of a socket that owns the port overlap.</summary>
    private static bool Overlaps(BindAttempt attempt, in SocketEntry holder, bool holderV6Only)
    {
        var mine = attempt.Address;
        var theirs = holder.LocalAddress;
        if (mine.IsIPv4)
        {
            return !holderV6Only && OverlapsAsIPv4(mine, theirs);
        }

        var theirsIsIPv4 = theirs.IsIPv4 || theirs.IsIPv4Mapped;
        if (mine.IsIPv4Mapped && theirsIsIPv4)
        {
            return OverlapsAsIPv4(mine.Unmap(), theirs);
        }

        var theirsIsAny = !theirsIsIPv4 && theirs.IsUnspecified;
        if (theirsIsAny && (mine.IsUnspecified || !(holderV6Only && mine.IsIPv4Mapped)))
        {
            return true;
        }

        return mine.IsUnspecified ? !(attempt.V6Only && theirsIsIPv4) : mine == theirs;
    }

    /// <summary>
    /// An IPv6 socket that owns a real IPv6 address counts as 0.0.0.0's rival unless it is IPv6 only: the kernel has no IPv4 address to
    /// compare.
    /// </summary>
    private static bool OverlapsAsIPv4(InternetAddress mine, InternetAddress theirs)
    {
        var other = theirs.Unmap();
        return mine.IsUnspecified || other.IsUnspecified || other == mine;
    }

    /// <summary>
    /// Whether IPV6_V6ONLY is set. inet6_bind sets it on a socket that is bound to a real IPv6 address. A wildcard of unknown kind
    /// is taken for dual-stack. A connection keeps the flag of its listener or of its own bind, which is not visible: <c>null</c>.
    /// </summary>
    private static bool? V6Only(in SocketEntry entry)
    {
        if (!entry.IsIPv6 || entry.LocalAddress.IsIPv4Mapped)
        {
            return false;
        }

        if (entry.LocalAddress.IsUnspecified)
        {
            return PortBind.Of(entry).DualStack == false;
        }

        return entry.State is SocketState.Listen or SocketState.Bound or SocketState.Unconnected or SocketState.Closed ? true : null;
    }
}
