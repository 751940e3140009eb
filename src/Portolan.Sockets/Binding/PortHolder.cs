using Portolan.Sockets.Chart;
using Portolan.Sockets.Naming;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Binding;

/// <summary>How a program holds a port.</summary>
public enum HoldKind
{
    /// <summary>It listens, or takes datagrams from anyone.</summary>
    Listening,

    /// <summary>Its socket is bound and does nothing.</summary>
    Bound,

    /// <summary>It is the local port of connections that have no listener.</summary>
    Connected,

    /// <summary>No socket here holds it: rules forward it, to a container of this machine.</summary>
    Forwarded,
}

/// <summary>The names of <see cref="HoldKind"/> in the machine formats.</summary>
public static class HoldKinds
{
    /// <summary><c>listening</c>, <c>bound</c>, <c>forwarded</c> or <c>connected</c>.</summary>
    public static string Name(this HoldKind kind) => kind switch
    {
        HoldKind.Listening => "listening",
        HoldKind.Bound => "bound",
        HoldKind.Forwarded => "forwarded",
        _ => "connected",
    };
}

/// <summary>One owner of a port, and how it holds it.</summary>
public sealed record PortHolder
{
    /// <summary>Index into <see cref="SocketSnapshot.Namespaces"/>.</summary>
    public required int NamespaceIndex { get; init; }

    /// <summary>The port that is held, 1–65535.</summary>
    public required PortNumber Port { get; init; }

    /// <summary>The transport protocol in which it is held.</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>How.</summary>
    public required HoldKind Kind { get; init; }

    /// <summary>Who.</summary>
    public required PortOwner Owner { get; init; }

    /// <summary>The distinct local addresses, sorted.</summary>
    public required IReadOnlyList<PortBind> Binds { get; init; }

    /// <summary>Whether one of its sockets receives packets to an address of this host; a wildcard stands for all of its family.</summary>
    public bool IsAt(InternetAddress address) => Binds.Any(b =>
        b.Address.Unmap() == address.Unmap()
        || ((b.IsWildcard || address.IsUnspecified) && (address.Unmap().IsIPv4 ? b.TakesIPv4 : b.TakesIPv6 || address.IsUnspecified)));

    /// <summary>What it serves: that is known of what listens or waits, not of clients.</summary>
    public RunningService? Serves(MachineFacts facts)
    {
        ArgumentNullException.ThrowIfNull(facts);
        return Kind is HoldKind.Listening or HoldKind.Forwarded ? facts.RunningOn(Owner, Protocol, Port) : null;
    }

    /// <summary>Connections open now.</summary>
    public int Connections { get; init; }

    /// <summary>The remote end of one of them, when <see cref="Kind"/> is <see cref="HoldKind.Connected"/>.</summary>
    public SocketPair? Example { get; init; }

    /// <summary>The owner's main process and its ancestors, as far as they are known; empty when no process is seen.</summary>
    public IReadOnlyList<ProcessInfo> Ancestry { get; init; } = [];
}
