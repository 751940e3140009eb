namespace Portolan.Linux.Netlink;

/// <summary>Datagrams to and from a netlink family: the kernel's, or a recording's. One request at a time, one thread at a time.</summary>
public interface INetlinkChannel : IDisposable
{
    /// <summary>Sends one request.</summary>
    /// <returns>0, or the error number.</returns>
    int Send(ReadOnlySpan<byte> request);

    /// <summary>Waits for one datagram.</summary>
    NetlinkReceipt Receive(Span<byte> buffer);
}

/// <summary>What <see cref="INetlinkChannel.Receive"/> got.</summary>
/// <param name="Length">Bytes of the datagram; larger than the buffer when it did not fit.</param>
/// <param name="SenderPortId">Port id of the sender; the kernel's is 0.</param>
/// <param name="Errno">0, or the error number of the failed call.</param>
public readonly record struct NetlinkReceipt(int Length, uint SenderPortId, int Errno);

/// <summary>Gets the messages of a dump as they arrive.</summary>
public interface INetlinkVisitor
{
    /// <summary>One message. The bytes are valid during the call only.</summary>
    void Visit(ushort type, ReadOnlySpan<byte> payload);
}
