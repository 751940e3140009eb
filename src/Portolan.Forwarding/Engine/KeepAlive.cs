using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>
/// How an end that vanished without a word is noticed: the kernel asks it after a silence (tcp(7)). Connections that are over sooner never
/// pay the system calls for that.
/// </summary>
/// <param name="AfterMilliseconds">The age at which a connection gets it.</param>
/// <param name="IdleSeconds">The silence before the first question.</param>
/// <param name="IntervalSeconds">The time between questions.</param>
/// <param name="Probes">How many questions without an answer end the connection.</param>
internal readonly record struct KeepAlive(long AfterMilliseconds, int IdleSeconds, int IntervalSeconds, int Probes)
{
    /// <summary>Who vanished is noticed two minutes later.</summary>
    public static KeepAlive Usual { get; } = new(30_000, 60, 15, 4);

    /// <summary>Whether an error means that the other end no longer answers.</summary>
    public static bool IsVanished(int errno) => errno is Errno.TimedOut or Errno.HostUnreachable or Errno.NetworkUnreachable;

    /// <summary>Gives it to a socket.</summary>
    public void Set(int descriptor) => RelaySocket.KeepAlive(descriptor, IdleSeconds, IntervalSeconds, Probes);
}
