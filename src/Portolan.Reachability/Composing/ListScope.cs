using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Reachability.Composing;

/// <summary>Which sockets are listed, and what is learned of them.</summary>
public sealed record ListScope
{
    /// <summary>Which sockets, before the filter.</summary>
    public SocketSelection Selection { get; init; } = new();

    /// <summary>The words of the filter, as <see cref="SocketFilter"/> takes them; none for every socket.</summary>
    public IReadOnlyList<string> Filter { get; init; } = [];

    /// <summary>Whether the sockets of every network namespace are listed.</summary>
    public bool AllNamespaces { get; init; }

    /// <summary>Whether owners are found, whatever the filter asks for.</summary>
    public bool Owners { get; init; }

    /// <summary>What finds them.</summary>
    public OwnerSource OwnerSource { get; init; }

    /// <summary>What is read of each.</summary>
    public ProcessFields OwnerFields { get; init; } = ProcessFields.Document;

    /// <summary>Whether bytes, rates and times of TCP connections are asked for.</summary>
    public bool TcpDetails { get; init; }

    /// <summary>Whether <c>struct tcp_info</c> is kept whole, for its rarer fields.</summary>
    public bool WholeTcpInfo { get; init; }

    /// <summary>Whether the memory of sockets is.</summary>
    public bool Memory { get; init; }

    /// <summary>
    /// Whether Unix sockets are all read, whatever the filter says: their connections are counted from the peers' side.
    /// </summary>
    public bool AllUnixPeers { get; init; }

    /// <summary>Whether ports that the kernel forwards for Portolan are listed too.</summary>
    public bool Forwards { get; init; }

    /// <summary>Where sockets are read in place of the machine; or <c>null</c>.</summary>
    public ISocketSource? Source { get; init; }
}
