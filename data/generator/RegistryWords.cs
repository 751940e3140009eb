using Portolan.Model;
using Portolan.Model.Registry;

namespace Portolan.RegistryGenerator;

/// <summary>Ports, protocols and statuses as the text files here write them.</summary>
internal static class RegistryWords
{
    public static IEnumerable<RegistryProtocols> Each(RegistryProtocols protocols) =>
        ServiceRegistry.Protocols.Select(static one => one.ToRegistry()).Where(one => (protocols & one) != 0);

    public static string Names(RegistryProtocols protocols) =>
        string.Join(',', ServiceRegistry.Protocols.Where(one => (protocols & one.ToRegistry()) != 0).Select(one => one.Name()));

    public static RegistryProtocols Protocols(string names) => names.Split(',').Aggregate(
        RegistryProtocols.None,
        (all, name) => TransportProtocolNames.TryParse(name, out var one)
            ? all | one.ToRegistry()
            : throw new InvalidDataException($"unknown protocol: {name}"));

    public static PortRange Ports(string text) =>
        IanaFields.TryParsePorts(text, out var ports, out var problem) ? ports : throw new InvalidDataException(problem);

    public static ServiceStatus Status(string text) => text switch
    {
        "assigned" => ServiceStatus.Assigned,
        "reserved" => ServiceStatus.Reserved,
        "unassigned" => ServiceStatus.Unassigned,
        _ => throw new InvalidDataException($"unknown status: {text}"),
    };
}
