using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Joins the listing to the places names come from: the registry, the users of this machine, its interfaces.</summary>
internal static class ListNames
{
    /// <summary>Names that stand in a filter.</summary>
    public static FilterNames ForFilter(ListRequest request, CommandContext context) => new()
    {
        FindService = name => FindService(context.Services, name),
        FindUser = name => context.Users.TryGetId(name, out var id) ? id : null,
        EphemeralPorts = () => context.Settings.EphemeralRange?.Range ?? FilterNames.DefaultEphemeralPorts,
        AllNamespaces = request.AllNamespaces,
    };

    /// <summary>Names that are shown.</summary>
    public static NameSources Sources(CommandContext context, SocketSnapshot snapshot, SocketOwners? owners) => new()
    {
        Process = pid => owners?.Processes.GetValueOrDefault(pid),
        Service = (protocol, port) => context.Services.PrimaryNameText(new PortNumber(port), protocol),
        User = context.Users.Name,
        Interface = snapshot.Interfaces.Find,
    };

    private static List<ServicePorts> FindService(ServiceRegistry services, string name)
    {
        var found = new List<ServicePorts>();
        foreach (var protocol in ServiceRegistry.Protocols)
        {
            if (services.TryFindPort(name, protocol, out var ports))
            {
                found.Add(new ServicePorts(protocol, ports));
            }
        }

        return found;
    }
}
