using System.Runtime.InteropServices;

namespace Portolan.Linux.Netlink;

/// <summary>Runs dump requests over a channel: sends, receives until DONE, and checks that every message answers the request.</summary>
/// <remarks>One thread. The buffer is reused; nothing is allocated per message.</remarks>
public sealed class NetlinkDump
{
    /// <summary>
    /// The kernel writes dumps in datagrams of up to 32 KiB once the reader offers that much (netlink_dump and netlink_recvmsg).
    /// </summary>
    private const int BufferSize = 32 * 1024;

    private readonly INetlinkChannel _channel;
    private readonly byte[] _buffer = GC.AllocateUninitializedArray<byte>(BufferSize);
    private uint _sequence;

    /// <summary>Uses a channel, which the caller keeps and disposes.</summary>
    public NetlinkDump(INetlinkChannel channel) => _channel = channel;

    /// <summary>
    /// Sends <paramref name="request"/> (its length and sequence are filled in) and shows every answer to <paramref name="visitor"/>.
    /// </summary>
    /// <remarks>
    /// After any <see cref="NetlinkDumpStatus"/> but Complete, Interrupted and Refused the channel may hold leftovers: open another.
    /// </remarks>
    /// <exception cref="OperationCanceledException">Cancelled between two datagrams; the channel holds leftovers.</exception>
    public NetlinkDumpResult Run(Span<byte> request, INetlinkVisitor visitor, CancellationToken cancellationToken)
    {
        ref var header = ref MemoryMarshal.AsRef<NetlinkHeader>(request);
        header.Length = (uint)request.Length;
        header.Sequence = ++_sequence;
        var errno = _channel.Send(request);
        if (errno != 0)
        {
            return new NetlinkDumpResult(NetlinkDumpStatus.Refused, errno);
        }

        var interrupted = false;
        while (true)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var receipt = _channel.Receive(_buffer);
            if (receipt.Errno != 0)
            {
                return new NetlinkDumpResult(
                    receipt.Errno == Errno.NoBufferSpace ? NetlinkDumpStatus.Overrun : NetlinkDumpStatus.Failed, receipt.Errno);
            }

            // Any process may send to a netlink port; only port 0 is the kernel.
            if (receipt.SenderPortId != 0)
            {
                continue;
            }

            if (receipt.Length > _buffer.Length)
            {
                return new NetlinkDumpResult(NetlinkDumpStatus.Truncated, 0);
            }

            if (ReadDatagram(_buffer.AsSpan(0, receipt.Length), visitor, ref interrupted) is { } result)
            {
                return result;
            }
        }
    }

    private NetlinkDumpResult? ReadDatagram(ReadOnlySpan<byte> datagram, INetlinkVisitor visitor, ref bool interrupted)
    {
        var messages = new NetlinkMessages(datagram);
        while (messages.MoveNext())
        {
            var header = messages.Header;
            if (header.Sequence != _sequence)
            {
                continue; // left over from a dump that was given up
            }

            interrupted |= (header.Flags & NetlinkFlags.DumpInterrupted) != 0;
            if (header.Type >= NetlinkMessageType.FirstOfFamily)
            {
                visitor.Visit(header.Type, messages.Payload);
            }
            else if (header.Type is NetlinkMessageType.Done or NetlinkMessageType.Error)
            {
                return End(header.Type, messages.Payload, interrupted);
            }
            else if (header.Type == NetlinkMessageType.Overrun)
            {
                return new NetlinkDumpResult(NetlinkDumpStatus.Overrun, Errno.NoBufferSpace);
            }
        }

        // An empty datagram is the end of the stream of a recording; the kernel sends none.
        return messages.IsMalformed || datagram.IsEmpty ? new NetlinkDumpResult(NetlinkDumpStatus.Malformed, 0) : null;
    }

    /// <summary>Both DONE and ERROR carry a negative error number: a dump of an unsupported protocol ends in a DONE with one.</summary>
    private static NetlinkDumpResult End(ushort type, ReadOnlySpan<byte> payload, bool interrupted)
    {
        if (!MemoryMarshal.TryRead(payload, out int error))
        {
            // A DONE without a payload is allowed (RFC 3549 section 2.3.2.1); an ERROR without one is not.
            error = 0;
            if (type == NetlinkMessageType.Error)
            {
                return new NetlinkDumpResult(NetlinkDumpStatus.Malformed, 0);
            }
        }

        if (error < 0 && error != int.MinValue)
        {
            return new NetlinkDumpResult(NetlinkDumpStatus.Refused, -error);
        }

        return new NetlinkDumpResult(interrupted ? NetlinkDumpStatus.Interrupted : NetlinkDumpStatus.Complete, 0);
    }
}

/// <summary>How a dump ended.</summary>
public enum NetlinkDumpStatus
{
    /// <summary>To the end.</summary>
    Complete,

    /// <summary>To the end, but the table changed meanwhile: entries may be missing or twice there. Repeat.</summary>
    Interrupted,

    /// <summary>The kernel answered with an error number: it does not know the protocol, or does not allow it.</summary>
    Refused,

    /// <summary>Messages were lost (ENOBUFS).</summary>
    Overrun,

    /// <summary>A datagram was larger than the buffer.</summary>
    Truncated,

    /// <summary>Bytes that are no netlink message.</summary>
    Malformed,

    /// <summary>The socket failed.</summary>
    Failed,
}

/// <summary>How a dump ended, and the error number where there is one.</summary>
public readonly record struct NetlinkDumpResult(NetlinkDumpStatus Status, int Errno);
