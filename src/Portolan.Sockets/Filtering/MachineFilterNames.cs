using Portolan.Linux;
using Portolan.Linux.Netlink;
using Portolan.Model.Registry;
using Portolan.Sockets.Filtering.Predicates;
using Portolan.Sockets.Owners;

namespace Portolan.Sockets.Filtering;

/// <summary>
/// Looks names up where a machine keeps them: the registry, the users, the interfaces. Reads nothing before a name is asked for.
/// </summary>
public static class MachineFilterNames
{
    /// <summary>The lookups.</summary>
    /// <param name="services">The registry; a name may have wildcards: <c>service http*</c>.</param>
    /// <param name="users">The users.</param>
    /// <param name="interfaces">Reads the indexes of the interfaces by name: <see cref="ReadInterfaces"/>, or a recording's.</param>
    /// <param name="ephemeralPorts">The host's ephemeral range.</param>
    /// <param name="allNamespaces">Whether sockets of every namespace are asked for.</param>
    public static FilterNames Of(
        Func<ServiceRegistry> services,
        Func<UserNames> users,
        Func<IReadOnlyDictionary<string, int>> interfaces,
        Func<PortRange> ephemeralPorts,
        bool allNamespaces)
    {
        var read = new Lazy<IReadOnlyDictionary<string, int>>(interfaces);
        return new FilterNames
        {
            FindService = name => FindService(services(), name),
            ServiceNames = () => services().Entries().SelectMany(static entry => entry.Names).Select(static name => name.Name),
            FindUser = name => users().TryGetId(name, out var id) ? id : null,
            UserNames = () => users().All,
            FindInterface = name => read.Value.TryGetValue(name, out var index) ? index : null,
            InterfaceNames = () => read.Value.Keys,
            EphemeralPorts = ephemeralPorts,
            AllNamespaces = allNamespaces,
        };
    }

    /// <summary>The ports of a service by name, alias or pattern. UDP-Lite uses the ports of UDP (RFC 3828 section 6).</summary>
    public static IReadOnlyList<ServicePorts> FindService(ServiceRegistry services, string name)
    {
        var isPattern = name.AsSpan().ContainsAny('*', '?');
        var pattern = new TextPattern(name);
        var entries = isPattern
            ? services.Entries().Where(entry => entry.Names.Any(candidate => pattern.Matches(candidate.Name)))
            : services.FindByName(name);
        var found = new List<ServicePorts>();
        foreach (var entry in entries)
        {
            found.Add(new ServicePorts(entry.Protocol, entry.Ports));
            if (entry.Protocol == TransportProtocol.Udp)
            {
                found.Add(new ServicePorts(TransportProtocol.UdpLite, entry.Ports));
            }
        }

        return found;
    }

    /// <summary>The indexes of the interfaces in the caller's network namespace, by name.</summary>
    /// <exception cref="LinuxException">The kernel gives no netlink socket.</exception>
    public static IReadOnlyDictionary<string, int> ReadInterfaces()
    {
        var names = new Dictionary<string, int>(StringComparer.Ordinal);
        using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
        LinkRequests.ReadNames(channel, (index, name) => names[name] = index, CancellationToken.None);
        return names;
    }
}
