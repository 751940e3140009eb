namespace Portolan.Sockets.Filtering;

/// <summary>Looks up the names in a filter when it is compiled. Each function is called only for names that occur.</summary>
public sealed class FilterNames
{
    /// <summary>Linux's default of <c>ip_local_port_range</c>.</summary>
    public static readonly PortRange DefaultEphemeralPorts = new(new PortNumber(32768), new PortNumber(60999));

    /// <summary>The ports of a service, by name or alias in any case; empty when there is no such service.</summary>
    public Func<string, IReadOnlyList<ServicePorts>> FindService { get; init; } = static _ => [];

    /// <summary>The id of a user, or <c>null</c>.</summary>
    public Func<string, uint?> FindUser { get; init; } = static _ => null;

    /// <summary>The index of an interface in the caller's own namespace, or <c>null</c>.</summary>
    public Func<string, int?> FindInterface { get; init; } = static _ => null;

    /// <summary>This host's <c>ip_local_port_range</c>.</summary>
    public Func<PortRange> EphemeralPorts { get; init; } = static () => DefaultEphemeralPorts;

    /// <summary>Service names to suggest from.</summary>
    public Func<IEnumerable<string>> ServiceNames { get; init; } = static () => [];

    /// <summary>User names to suggest from.</summary>
    public Func<IEnumerable<string>> UserNames { get; init; } = static () => [];

    /// <summary>Interface names to suggest from.</summary>
    public Func<IEnumerable<string>> InterfaceNames { get; init; } = static () => [];

    /// <summary>Whether sockets of every namespace are asked for: an interface unknown here may then exist elsewhere.</summary>
    public bool AllNamespaces { get; init; }
}

/// <summary>The ports that the registry has for a service's name in one protocol.</summary>
/// <param name="Protocol">The protocol they are assigned for.</param>
/// <param name="Ports">The ports.</param>
public readonly record struct ServicePorts(TransportProtocol Protocol, PortRange Ports);
