using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Joins the listing to the places names come from: the registry, the users of this machine, its interfaces.</summary>
internal static class ListNames
{
    /// <summary>Names that stand in a filter.</summary>
    public static FilterNames ForFilter(ListRequest request, CommandContext context) => MachineFilterNames.Of(
        () => context.Services,
        () => context.Users,
        context.ReadInterfaces,
        () => context.Settings.EphemeralRange?.Range ?? FilterNames.DefaultEphemeralPorts,
        request.AllNamespaces);

    /// <summary>Names that are shown.</summary>
    public static NameSources Sources(CommandContext context, SocketSnapshot snapshot, SocketOwners? owners) => new()
    {
        Process = pid => owners?.Processes.GetValueOrDefault(pid),
        Service = (protocol, port) => context.Services.PrimaryNameText(new PortNumber(port), protocol),
        User = context.Users.Name,
        Interface = snapshot.Interfaces.Find,
        Cgroup = id => context.Cgroups?.Path(id),
    };
}
