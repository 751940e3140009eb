using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Traffic.Capture;

/// <summary>Which socket of this host a packet belongs to, and who holds it: read anew when a packet of an unknown one comes.</summary>
public sealed class SocketDirectory(ISocketSource sockets, IOwnerFinder finder, Func<int, ProcessInfo?> process, TimeProvider clock)
{
    /// <summary>The sockets are read so often at most.</summary>
    private static readonly TimeSpan LeastTime = TimeSpan.FromSeconds(1);

    private readonly Dictionary<(SocketProtocol, InternetAddress, ushort, InternetAddress, ushort), int> _pairs = [];
    private readonly Dictionary<(SocketProtocol, ushort), int> _listeners = [];
    private SocketTable _table = new();
    private FilterContext _context = new();
    private OwnerMap _owners = OwnerMap.Empty;
    private long? _readAt;

    /// <summary>What a filter may ask about the entries of <see cref="Find"/>.</summary>
    public FilterContext Context => _context;

    /// <summary>The socket with these ends; an entry with no inode where none is known, or it is gone.</summary>
    public SocketEntry Find(
        SocketProtocol protocol, InternetAddress local, ushort localPort, InternetAddress remote, ushort remotePort,
        CancellationToken cancellationToken)
    {
        var isDue = _readAt is not { } before || clock.GetElapsedTime(before) >= LeastTime;
        var index = IndexOf(protocol, local, localPort, remote, remotePort);
        if (index < 0 && isDue)
        {
            Read(cancellationToken);
            index = IndexOf(protocol, local, localPort, remote, remotePort);
        }

        index = index < 0 ? _listeners.GetValueOrDefault((protocol, localPort), -1) : index;
        var entry = index >= 0 ? _table[index] : new SocketEntry
        {
            TcpDetailsIndex = -1,
            MemoryIndex = -1,
            UnixIndex = -1,
            State = SocketState.Closed,
        };
        (entry.Protocol, entry.LocalAddress, entry.LocalPort) = (protocol, local, localPort);
        (entry.RemoteAddress, entry.RemotePort) = (remote, remotePort);
        return entry;
    }

    /// <summary>The processes that hold a socket.</summary>
    public IReadOnlyList<ProcessInfo> Holders(in SocketEntry entry)
    {
        var holders = new List<ProcessInfo>();
        var pids = entry.Inode == 0 ? default : _owners.Pids(entry.Inode);
        foreach (var pid in pids)
        {
            if (process(pid) is { } known)
            {
                holders.Add(known);
            }
        }

        return holders;
    }

    private int IndexOf(SocketProtocol protocol, InternetAddress local, ushort localPort, InternetAddress remote, ushort remotePort) =>
        _pairs.GetValueOrDefault((protocol, local, localPort, remote, remotePort), -1);

    private void Read(CancellationToken cancellationToken)
    {
        _readAt = clock.GetTimestamp();
        var snapshot = sockets.Read(new SocketQuery(), cancellationToken);
        _table = snapshot.Sockets;
        _pairs.Clear();
        _listeners.Clear();
        var inodes = new HashSet<uint>();
        for (var index = 0; index < _table.Count; index++)
        {
            ref readonly var entry = ref _table[index];
            if (entry.Inode != 0)
            {
                inodes.Add(entry.Inode);
            }

            if (entry.RemotePort != 0)
            {
                var (local, remote) = (entry.LocalAddress.Unmap(), entry.RemoteAddress.Unmap());
                _pairs[(entry.Protocol, local, entry.LocalPort, remote, entry.RemotePort)] = index;
            }
            else
            {
                _listeners[(entry.Protocol, entry.LocalPort)] = index;
            }
        }

        _owners = inodes.Count == 0 ? OwnerMap.Empty : finder.Find(inodes.Order().ToArray(), cancellationToken);
        _context = new FilterContext
        {
            Snapshot = snapshot,
            Owners = _owners,
            Process = process,
            InterfaceName = snapshot.Interfaces.Find,
        };
    }
}
