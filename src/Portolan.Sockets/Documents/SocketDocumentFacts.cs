using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Documents;

/// <summary>What records of sockets are made of, besides the sockets.</summary>
public sealed record SocketDocumentFacts
{
    /// <summary>The snapshot that the sockets are of.</summary>
    public required SocketSnapshot Snapshot { get; init; }

    /// <summary>Who holds them; <c>null</c> where that was not looked for.</summary>
    public OwnerMap? Owners { get; init; }

    /// <summary>A process by id; <c>null</c> when it is gone.</summary>
    public Func<int, ProcessInfo?> Process { get; init; } = static _ => null;

    /// <summary>A user's name, or <c>null</c>.</summary>
    public Func<uint, string?> User { get; init; } = static _ => null;

    /// <summary>IANA's name of a port, or <c>null</c>.</summary>
    public Func<TransportProtocol, PortNumber, string?> Service { get; init; } = static (_, _) => null;
}
