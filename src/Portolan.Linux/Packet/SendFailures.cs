using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>What an error number of a send means.</summary>
internal static class SendFailures
{
    /// <summary>The kind of failure.</summary>
    internal static SendFailure Of(int errno) => errno switch
    {
        Errno.NoBufferSpace or Errno.Again or Errno.NoMemory => SendFailure.Busy,
        Errno.NetworkDown or Errno.NoSuchDeviceOrAddress or Errno.NoSuchDevice => SendFailure.LinkDown,
        Errno.NetworkUnreachable or Errno.HostUnreachable or Errno.NotPermitted or Errno.AccessDenied => SendFailure.Denied,
        _ => SendFailure.Other,
    };
}

/// <summary>
/// Waits a little while a full queue drains: at the speed of the wire a queue is full most of the time, and that is not a reason to give a
/// batch back. Together about two milliseconds for each batch.
/// </summary>
internal struct SendPatience
{
    private const int Tries = 20;

    private int _waits;

    /// <summary>Waits when the error is one that passes.</summary>
    /// <returns>Whether to try again.</returns>
    internal bool WaitAfter(int errno)
    {
        if (SendFailures.Of(errno) != SendFailure.Busy || _waits == Tries)
        {
            return false;
        }

        _waits++;
        Interop.Libc.Pause(100_000);
        return true;
    }
}
