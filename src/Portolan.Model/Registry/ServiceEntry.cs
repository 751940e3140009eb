namespace Portolan.Model.Registry;

/// <summary>One of the names of a port, with what the registry says of that name.</summary>
/// <param name="Name">The service's name as IANA writes it; compared without regard to case (RFC 6335 section 5.1).</param>
/// <param name="Description">What it is, in one line; <c>null</c> when IANA says nothing.</param>
/// <param name="Reference">The documents that define it, such as <c>RFC4251</c>, separated by <c>, </c>; <c>null</c> when none is
/// named.</param>
public sealed record ServiceName(string Name, string? Description, string? Reference);

/// <summary>What the registry says of one port, or range of ports, with one protocol.</summary>
/// <remarks>Made of strings for commands and documents; the per-socket path is <see cref="ServiceRegistry.PrimaryName"/>.</remarks>
public sealed record ServiceEntry
{
    /// <summary>The port, or the first of the range.</summary>
    public required PortNumber Port { get; init; }

    /// <summary>The last port of the range; <see cref="Port"/> itself for a single port.</summary>
    public required PortNumber EndPort { get; init; }

    /// <summary>TCP, UDP, SCTP or DCCP. UDP-Lite has no entries of its own: it shares UDP's (RFC 3828 section 3.1).</summary>
    public required TransportProtocol Protocol { get; init; }

    /// <summary>Assigned, reserved or unassigned.</summary>
    public required ServiceStatus Status { get; init; }

    /// <summary>Every name in IANA's order; empty when the port has none.</summary>
    public required IReadOnlyList<ServiceName> Names { get; init; }

    /// <summary>What IANA says of the port in one line; <c>null</c> when it says nothing.</summary>
    public required string? Description { get; init; }

    /// <summary>The documents that define the service, such as <c>RFC4251</c>; <c>null</c> when none is named.</summary>
    public required string? Reference { get; init; }

    /// <summary>
    /// The name to show in a listing: IANA's first, except for the few ports whose first name is not what runs there.
    /// <c>null</c> when the port has no name.
    /// </summary>
    public required string? ListingName { get; init; }

    /// <summary>IANA's first name; <c>null</c> when the port has none.</summary>
    public string? Name => Names.Count == 0 ? null : Names[0].Name;

    /// <summary>The other names, in IANA's order.</summary>
    public IReadOnlyList<string> Aliases => Names.Count < 2 ? [] : [.. Names.Skip(1).Select(name => name.Name)];

    /// <summary>System, User or Dynamic, by the first port.</summary>
    public PortCategory Category => Port.Category;

    /// <summary>The port, or the range.</summary>
    public PortRange Ports => new(Port, EndPort);
}
