namespace Portolan.Model.Registry;

/// <summary>The registry in figures.</summary>
/// <param name="Entries">How many entries: a port or range with a protocol.</param>
/// <param name="Names">How many names and aliases.</param>
/// <param name="Counts">How many ports are assigned and reserved.</param>
public sealed record RegistrySummary(int Entries, int Names, IReadOnlyList<CategoryCount> Counts)
{
    /// <summary>Counts.</summary>
    public static RegistrySummary Of(ServiceRegistry services)
    {
        ArgumentNullException.ThrowIfNull(services);
        return new RegistrySummary(
            services.Entries().Count, services.Names().Count,
            [.. PortCategories.All.SelectMany(c => ServiceRegistry.Protocols.Select(p => Count(services, c, p)))]);
    }

    private static CategoryCount Count(ServiceRegistry services, PortCategory category, TransportProtocol protocol)
    {
        var (assigned, reserved) = (0, 0);
        var ports = PortCategories.Ports(category);
        for (int port = ports.First.Value; port <= ports.Last.Value; port++)
        {
            switch (services.StatusOf(new PortNumber((ushort)port), protocol))
            {
                case ServiceStatus.Assigned:
                    assigned++;
                    break;
                case ServiceStatus.Reserved:
                    reserved++;
                    break;
            }
        }

        return new CategoryCount(category, protocol, assigned, reserved);
    }
}

/// <summary>How many ports of a category are assigned and reserved for a protocol.</summary>
/// <param name="Category">The category.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Assigned">How many are assigned.</param>
/// <param name="Reserved">How many are reserved.</param>
public sealed record CategoryCount(PortCategory Category, TransportProtocol Protocol, int Assigned, int Reserved);
