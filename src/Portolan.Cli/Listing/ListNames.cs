using Portolan.Model;
using Portolan.Reachability.Composing;
using Portolan.Sockets;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Cli.Listing;

/// <summary>Joins the listing to the places names come from: the registry, the users of this machine, its interfaces.</summary>
internal static class ListNames
{
    /// <summary>Names that are shown.</summary>
    public static NameLookups Sources(Machine machine, SocketSnapshot snapshot, SocketOwners? owners)
    {
        var sources = new NameLookups
        {
            Process = pid => owners?.Processes.GetValueOrDefault(pid),
            Service = (protocol, port) => machine.Services.PrimaryNameText(new PortNumber(port), protocol),
            User = machine.Users.Name,
            Interface = snapshot.Interfaces.Find,
            Cgroup = id => machine.Cgroups?.Path(id),
        };
        if (owners is null)
        {
            return sources;
        }

        var containers = new Lazy<ContainerResolver>(() => new ContainerResolver(machine.Processes, machine.Containers));
        return sources with
        {
            Running = RunningOf(machine, snapshot, owners, containers),
            PublishedAt = (protocol, address, port, user) => containers.Value.PublishedAt(protocol, address, port, user),
        };
    }

    private static NameLookups.RunningService RunningOf(
        Machine machine, SocketSnapshot snapshot, SocketOwners owners, Lazy<ContainerResolver> containers)
    {
        var facts = new Lazy<MachineFacts>(() =>
        {
            var units = new SocketUnits();
            return new MachineFacts
            {
                Snapshot = snapshot,
                Owners = owners.Map,
                Processes = owners.Processes,
                ServiceName = (protocol, port) => machine.Services.PrimaryNameText(port, protocol),
                PackageOf = machine.Packages.Of,
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
