using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Joins the listing to the places names come from: the registry, the users of this machine, its interfaces.</summary>
internal static class ListNames
{
    /// <summary>Names that stand in a filter.</summary>
    public static FilterNames ForFilter(ListRequest request, CommandContext context) => MachineFilterNames.Of(
        () => context.Machine.Services,
        () => context.Machine.Users,
        context.Machine.ReadInterfaces,
        () => context.Machine.Settings.EphemeralRange?.Range ?? FilterNames.DefaultEphemeralPorts,
        request.AllNamespaces);

    /// <summary>Names that are shown.</summary>
    public static NameSources Sources(CommandContext context, SocketSnapshot snapshot, SocketOwners? owners)
    {
        var sources = new NameSources
        {
            Process = pid => owners?.Processes.GetValueOrDefault(pid),
            Service = (protocol, port) => context.Machine.Services.PrimaryNameText(new PortNumber(port), protocol),
            User = context.Machine.Users.Name,
            Interface = snapshot.Interfaces.Find,
            Cgroup = id => context.Machine.Cgroups?.Path(id),
        };
        if (owners is null)
        {
            return sources;
        }

        var containers = new Lazy<ContainerResolver>(() => new ContainerResolver(context.Machine.Processes, context.Machine.Containers));
        return sources with
        {
            Running = RunningOf(context, snapshot, owners, containers),
            PublishedAt = (protocol, address, port, user) => containers.Value.PublishedAt(protocol, address, port, user),
        };
    }

    private static NameSources.RunningService RunningOf(
        CommandContext context, SocketSnapshot snapshot, SocketOwners owners, Lazy<ContainerResolver> containers)
    {
        var facts = new Lazy<MachineFacts>(() =>
        {
            var units = new SocketUnits();
            return new MachineFacts
            {
                Snapshot = snapshot,
                Owners = owners.Map,
                Processes = owners.Processes,
                ServiceName = (protocol, port) => context.Machine.Services.PrimaryNameText(port, protocol),
                PackageOf = context.Machine.Packages.Of,
                PublishedBy = containers.Value.ServedBy,
                PublishedAt = containers.Value.PublishedAt,
                SocketUnit = units.Find,
            };
        });
        return (in SocketEntry entry) => entry.Protocol.Transport() is { } protocol
            ? facts.Value.RunningOn(PortOwner.Of(entry, facts.Value), protocol, entry.LocalPortNumber)?.Shown
            : null;
    }
}
