using Portolan.Linux;
using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>One NETLINK_SOCK_DIAG channel and the patience to repeat a torn dump. Opened at the first request.</summary>
internal sealed class DiagnosticsSession(Func<INetlinkChannel> open) : IDisposable
{
    /// <summary>A table that changes during each of so many reads is taken as it is, and the snapshot says so.</summary>
    internal const int MaxAttempts = 4;

    private INetlinkChannel? _channel;
    private NetlinkDump? _dump;

    /// <summary>
    /// Runs a dump into <paramref name="table"/>. A refused dump adds nothing; a torn one is repeated, and its last attempt kept.
    /// </summary>
    internal NetlinkDumpResult Dump(Span<byte> request, INetlinkVisitor visitor, SocketTable table, CancellationToken cancellationToken)
    {
        var mark = table.Mark();
        for (var attempt = 1; ; attempt++)
        {
            var result = RunOnce(request, visitor, cancellationToken);
            if (result.Status == NetlinkDumpStatus.Complete)
            {
                return result;
            }

            if (result.Status is not (NetlinkDumpStatus.Refused or NetlinkDumpStatus.Interrupted))
            {
                Close(); // the rest of the broken dump goes with the socket
            }

            if (result.Status == NetlinkDumpStatus.Refused)
            {
                table.Rollback(mark);
                return result;
            }

            if (attempt == MaxAttempts)
            {
                return result;
            }

            table.Rollback(mark);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Close();

    private NetlinkDumpResult RunOnce(Span<byte> request, INetlinkVisitor visitor, CancellationToken cancellationToken)
    {
        if (_dump is null)
        {
            try
            {
                _channel = open();
            }
            catch (LinuxException exception)
            {
                return new NetlinkDumpResult(NetlinkDumpStatus.Refused, exception.Errno);
            }

            _dump = new NetlinkDump(_channel);
        }

        return _dump.Run(request, visitor, cancellationToken);
    }

    private void Close()
    {
        _channel?.Dispose();
        _channel = null;
        _dump = null;
    }
}
