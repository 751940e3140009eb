using System.Text;
using Portolan.Linux;
using Portolan.Linux.Namespaces;
using Portolan.Linux.Netlink;
using Portolan.Linux.Proc;

namespace Portolan.Sockets.Acquire;

/// <summary>The sockets of this machine, from the kernel: netlink first, /proc/net where that does not know a protocol.</summary>
public sealed class KernelSocketSource : ISocketSource
{
    private readonly Func<NetlinkFamily, INetlinkChannel> _open;
    private readonly string _procRoot;

    /// <summary>Reads the running kernel.</summary>
    public KernelSocketSource()
        : this(NetlinkSocket.Open, "/proc")
    {
    }

    /// <summary>Reads through other channels and another /proc: a recording's.</summary>
    public KernelSocketSource(Func<NetlinkFamily, INetlinkChannel> open, string procRoot)
    {
        _open = open;
        _procRoot = procRoot;
    }

    /// <inheritdoc/>
    public SocketSnapshot Read(SocketQuery query, CancellationToken cancellationToken)
    {
        var output = new SnapshotBuilder();
        if (query.AllNamespaces)
        {
            new AllNamespacesReader(output, query, _open, _procRoot, cancellationToken).Read();
        }
        else
        {
            output.Namespaces.Add(new NetworkNamespace(OwnInode(), null, 0, IsOwn: true));
            using var context = new ReadContext(output, query, _open, Path.Combine(_procRoot, "thread-self/net"), 0, cancellationToken);
            NamespaceReader.Read(context);
        }

        return output.Build();
    }

    private ulong OwnInode()
    {
        try
        {
            using var root = ProcHandle.Open(_procRoot);
            return root.ReadLink("thread-self/ns/net"u8) is { } link
                && NamespaceMounts.TryParseLink(Encoding.UTF8.GetBytes(link), out var inode) ? inode : 0;
        }
        catch (LinuxException)
        {
            return 0; // without /proc the number is not known, and netlink still works
        }
    }
}
