using Portolan.Forwarding.Statistics;
using Portolan.Linux;

namespace Portolan.Forwarding.Engine;

/// <summary>What error numbers of a connection to a target mean (connect(2)).</summary>
internal static class ConnectCauses
{
    /// <summary>Whether the answer is still to come. A Unix socket whose queue is full says EAGAIN, which is none.</summary>
    public static bool IsUnderWay(int errno) => errno is Errno.InProgress or Errno.Interrupted;

    /// <summary>Whether this host has no room for another connection (EMFILE, ENFILE, ENOBUFS, ENOMEM), whosever it is.</summary>
    public static bool IsOfThisHost(int errno) => errno is Errno.FileTableFull or Errno.TooManyDescriptors or Errno.NoBufferSpace or Errno.NoMemory;

    /// <summary>The cause.</summary>
    public static EndCause Of(int errno) => errno switch
    {
        Errno.ConnectionRefused => EndCause.TargetRefused,
        Errno.TimedOut => EndCause.TargetTimedOut,
        Errno.NetworkUnreachable or Errno.HostUnreachable or Errno.NetworkDown or Errno.AccessDenied or Errno.NotPermitted => EndCause.TargetUnreachable,
        Errno.NoEntry => EndCause.TargetUnknown,
        Errno.Again or Errno.TooManyDescriptors or Errno.FileTableFull or Errno.AddressNotAvailable or Errno.NoBufferSpace or Errno.NoMemory => EndCause.NoResources,
        Errno.ConnectionReset => EndCause.TargetReset,
        _ => EndCause.Failed,
    };
}
