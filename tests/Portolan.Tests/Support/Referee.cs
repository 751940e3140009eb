using Portolan.Sockets;
using Portolan.Sockets.Binding;

namespace Portolan.Tests.Support;

/// <summary>A kernel of the test's own: what it refuses, and what a snapshot's sockets stand in the way of.</summary>
internal sealed class Referee(Func<BindAttempt, int>? refuses = null, SocketSnapshot? snapshot = null) : IBindReferee
{
    public int TryBind(BindAttempt attempt)
    {
        var errno = refuses?.Invoke(attempt) ?? 0;
        return errno != 0 || snapshot is null || BindConflicts.Find(attempt, snapshot).Count == 0 ? errno : BindTrial.InUse;
    }
}
