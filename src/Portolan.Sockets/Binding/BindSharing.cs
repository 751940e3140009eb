namespace Portolan.Sockets.Binding;

/// <summary>What a socket agreed to when it was bound: whether others may have its port too. Not visible from outside.</summary>
/// <param name="ReuseAddress">SO_REUSEADDR.</param>
/// <param name="ReusePort">SO_REUSEPORT.</param>
public readonly record struct BindSharing(bool ReuseAddress, bool ReusePort)
{
    /// <summary>
    /// Whether a bind may have the port of a socket whose address overlaps: <c>null</c> when that depends on what is not known, which
    /// is the holder's agreement (<paramref name="holds"/> is <c>null</c>) or either side's user.
    /// </summary>
    /// <remarks>
    /// inet_bind_conflict in net/ipv4/inet_connection_sock.c for TCP: SO_REUSEADDR on both sides until the holder listens, or
    /// SO_REUSEPORT on both sides and one user; a socket in TIME-WAIT has no user any more. udp_lib_lport_inuse in net/ipv4/udp.c:
    /// the same but for LISTEN and TIME-WAIT, which UDP does not have.
    /// </remarks>
    public static bool? Allows(in BindAttempt attempt, in SocketEntry holder, BindSharing? holds = null)
    {
        var byAddress = attempt.ReuseAddress && holder.State != SocketState.Listen && holds is not { ReuseAddress: false };
        var byPort = attempt.ReusePort && holds is not { ReusePort: false };
        bool? sameUser = holder.State == SocketState.TimeWait ? true
            : attempt.User is { } user && holder.HasUser ? user == holder.UserId
            : null;
        byPort &= sameUser != false;
        return !byAddress && !byPort ? false
            : holds is not null && (byAddress || sameUser == true) ? true
            : null;
    }
}
