using Portolan.Linux;
using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>What lies where a Unix socket should be.</summary>
public enum PathObstacle
{
    /// <summary>Nothing, or nothing that this user may see.</summary>
    None,

    /// <summary>A file that is not a socket: it is never touched.</summary>
    OtherFile,

    /// <summary>A socket at which a program listens.</summary>
    Listening,

    /// <summary>A socket to which this user may not connect: it is unknown whether a program listens.</summary>
    Foreign,

    /// <summary>A socket whose program has gone: it may be replaced.</summary>
    Stale,
}

/// <summary>Looks at the paths of Unix sockets.</summary>
public static class SocketPaths
{
    /// <summary>What lies at a path; behind <c>@</c> of an abstract name there is never a file.</summary>
    public static PathObstacle Look(string path)
    {
        ArgumentNullException.ThrowIfNull(path);
        return Look(RelayAddress.OfPath(path));
    }

    internal static PathObstacle Look(RelayAddress address)
    {
        var file = address.HasFile ? SocketFile.At(address) : null;
        return file is null && address.HasFile ? PathObstacle.None
            : file is { IsSocket: false } ? PathObstacle.OtherFile
            : Ask(address);
    }

    // Of a file that is not a socket connect(2) says ECONNREFUSED too, so this is for sockets alone.
    private static PathObstacle Ask(RelayAddress address)
    {
        var probe = RelaySocket.OpenStream(address.Family);
        if (probe < 0)
        {
            return PathObstacle.Listening;
        }

        var result = RelaySocket.Connect(probe, address.Bytes);
        RelaySocket.Close(probe);
        return result switch
        {
            -Errno.ConnectionRefused => address.HasFile ? PathObstacle.Stale : PathObstacle.None,
            -Errno.AccessDenied or -Errno.NotPermitted => PathObstacle.Foreign,
            _ => PathObstacle.Listening,
        };
    }
}
