using Portolan.Forwarding.Statistics;
using Portolan.Linux;

namespace Portolan.Forwarding.Engine;

/// <summary>What error numbers of a connection to a target mean (connect(2)).</summary>
internal static class ConnectCauses
{
    /// <summary>Whether the answer is still to come. A Unix socket whose queue is full says EAGAIN, which is none.</summary>
    public static bool IsUnderWay(int errno) => errno is Errno.InProgress or Errno.Interrupted;

    /// <summary>Whether this host has no room for another connection (EMFILE, ENFILE, ENOBUFS, ENOMEM), whosever it is.</summary>
    public static bool IsOfThisHost(int errno) =>
        errno is Errno.FileTableFull or Errno.TooManyDescriptors or Errno.NoBufferSpace or Errno.NoMemory;

    /// <summary>The cause.</summary>
    public static EndCause Of(int errno) => errno switch
    {
        Errno.ConnectionRefused => EndCause.TargetRefused,
        Errno.TimedOut => EndCause.TargetTimedOut,
        Errno.NetworkUnreachable or Errno.HostUnreachable or Errno.NetworkDown or Errno.AccessDenied or Errno.NotPermitted =>
            EndCause.TargetUnreachable,
        Errno.NoEntry => EndCause.TargetUnknown,
        Errno.Again => EndCause.NoResources,
        Errno.TooManyDescriptors or Errno.FileTableFull => EndCause.NoDescriptors,
        Errno.AddressNotAvailable => EndCause.NoPorts,
        Errno.NoBufferSpace or Errno.NoMemory or Errno.NoSpace => EndCause.NoMemory,
        Errno.ConnectionReset => EndCause.TargetReset,
        _ => EndCause.Failed,
    };

    /// <summary>The cause where it is a socket of datagrams: EAGAIN then means that no port is free (inet_autobind).</summary>
    public static EndCause OfDatagrams(int errno) => errno == Errno.Again ? EndCause.NoPorts : Of(errno);

    /// <summary>Why a datagram could not be sent (send(2), udp(7)).</summary>
    public static EndCause OfSend(int errno, bool toTarget) => errno switch
    {
        Errno.Again or Errno.NoBufferSpace => EndCause.SendBuffer,
        Errno.MessageTooLarge => EndCause.TooLarge,
        Errno.NoMemory => EndCause.NoMemory,
        _ => toTarget && Of(errno) == EndCause.TargetUnreachable ? EndCause.TargetUnreachable : EndCause.Failed,
    };
}
