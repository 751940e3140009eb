using Portolan.Model;
using Portolan.Sockets;
using Portolan.Sockets.Filtering;

namespace Portolan.Tests.Sockets.Filtering;

/// <summary>The names of a small machine.</summary>
internal static class FilterWorld
{
    private static readonly Dictionary<string, ServicePorts[]> Services = new(StringComparer.OrdinalIgnoreCase)
    {
        ["ssh"] = [Tcp(22)],
        ["http"] = [Tcp(80), Udp(80)],
        ["https"] = [Tcp(443), Udp(443)],
        ["http-alt"] = [Tcp(8080), Udp(8080)],
        ["shell"] = [Tcp(514)],
        ["syslog"] = [Udp(514)],
        ["x11"] = [new(TransportProtocol.Tcp, new PortRange(new PortNumber(6000), new PortNumber(6063)))],
    };

    private static readonly Dictionary<string, uint> Users = new(StringComparer.Ordinal)
    {
        ["root"] = 0,
        ["www-data"] = 33,
        ["ada"] = 1000,
    };
    private static readonly Dictionary<string, int> Interfaces = new(StringComparer.Ordinal) { ["lo"] = 1, ["eth0"] = 2 };

    public static FilterNames Names { get; } = Make(allNamespaces: false);

    public static FilterNames NamesOfAllNamespaces { get; } = Make(allNamespaces: true);

    public static FilterResult Judge(string filter, in SocketEntry entry) =>
        SocketFilter.Parse([filter], Names).Judge(entry, FilterContext.EntryOnly);

    private static FilterNames Make(bool allNamespaces) => new()
    {
        FindService = name => Services.TryGetValue(name, out var found) ? found : [],
        FindUser = name => Users.TryGetValue(name, out var id) ? id : null,
        FindInterface = name => Interfaces.TryGetValue(name, out var index) ? index : null,
        ServiceNames = () => Services.Keys,
        UserNames = () => Users.Keys,
        InterfaceNames = () => Interfaces.Keys,
        AllNamespaces = allNamespaces,
    };

    private static ServicePorts Tcp(ushort port) => new(TransportProtocol.Tcp, new PortRange(new PortNumber(port), new PortNumber(port)));

    private static ServicePorts Udp(ushort port) => new(TransportProtocol.Udp, new PortRange(new PortNumber(port), new PortNumber(port)));
}
