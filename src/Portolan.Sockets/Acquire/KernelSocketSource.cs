using Portolan.Linux.Netlink;

namespace Portolan.Sockets.Acquire;

/// <summary>The sockets of this machine, from the kernel: netlink first, /proc/net where that does not know a protocol.</summary>
public sealed class KernelSocketSource : ISocketSource
{
    private readonly Func<INetlinkChannel> _openDiagnostics;
    private readonly string _procRoot;

    /// <summary>Reads the running kernel.</summary>
    public KernelSocketSource()
        : this(() => NetlinkSocket.Open(NetlinkFamily.SocketDiagnostics), "/proc")
    {
    }

    /// <summary>Reads through another channel and another /proc: a recording's.</summary>
    public KernelSocketSource(Func<INetlinkChannel> openDiagnostics, string procRoot)
    {
        _openDiagnostics = openDiagnostics;
        _procRoot = procRoot;
    }

    /// <inheritdoc/>
    public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
    {
        var output = new SnapshotBuilder();
        output.Namespaces.Add(new NetworkNamespace(0, null, 0, IsOwn: true));
        using var context = new ReadContext(output, query, _openDiagnostics, Path.Combine(_procRoot, "thread-self/net"), 0, cancellationToken);
        NamespaceReader.Read(context);
        return output.Build();
    }
}
