using Portolan.Linux.Netlink;

namespace Portolan.Linux.Scratch;

/// <summary>
/// A socket inside a scratch namespace. Of netlink it is a channel like any other, so that all readers and writers work through it.
/// </summary>
public sealed class ScratchChannel : INetlinkChannel
{
    private readonly ScratchNamespace _scratch;

    internal ScratchChannel(ScratchNamespace scratch, int number) => (_scratch, Number) = (scratch, number);

    internal int Number { get; }

    /// <inheritdoc/>
    public int Send(ReadOnlySpan<byte> request) => _scratch.Send(Number, request);

    /// <inheritdoc/>
    public NetlinkReceipt Receive(Span<byte> buffer) => _scratch.Receive(Number, buffer, -1);

    /// <summary>Waits for one datagram or frame for a time; EAGAIN when none came.</summary>
    public NetlinkReceipt Receive(Span<byte> buffer, TimeSpan timeout) => _scratch.Receive(Number, buffer, (int)timeout.TotalMilliseconds);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            _scratch.Close(Number);
        }
        catch (Exception exception) when (exception is ScratchException or OperationCanceledException)
        {
            // It went with the namespace.
        }
    }
}
