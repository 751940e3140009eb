using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;

namespace Portolan.Tests.Sockets.Filtering;

public sealed class MachineFilterNamesTests
{
    [Theory]
    [InlineData("HTTPS", 443, TransportProtocol.Tcp)]
    [InlineData("www", 80, TransportProtocol.Tcp)]
    [InlineData("syslog", 514, TransportProtocol.Udp)]
    [InlineData("syslog", 514, TransportProtocol.UdpLite)]
    [InlineData("x11", 6010, TransportProtocol.Tcp)]
    public void A_service_is_found_by_name_and_alias_with_its_protocol(string name, ushort port, TransportProtocol protocol) =>
        Assert.Contains(
            MachineFilterNames.FindService(ServiceRegistry.BuiltIn, name),
            found => found.Protocol == protocol && found.Ports.Contains(new PortNumber(port)));

    [Fact]
    public void A_service_is_not_found_for_another_protocol() =>
        Assert.DoesNotContain(
            MachineFilterNames.FindService(ServiceRegistry.BuiltIn, "syslog"),
            found => found.Protocol == TransportProtocol.Tcp && found.Ports.Contains(new PortNumber(514)));

    [Fact]
    public void Services_are_found_by_pattern()
    {
        var found = MachineFilterNames.FindService(ServiceRegistry.BuiltIn, "http*").Where(entry => entry.Protocol == TransportProtocol.Tcp)
            .ToList();
        Assert.All((ushort[])[80, 443, 8080], port => Assert.Contains(found, entry => entry.Ports.Contains(new PortNumber(port))));
        Assert.DoesNotContain(found, entry => entry.Ports.Contains(new PortNumber(22)));
    }

    [Fact]
    public void Names_that_are_not_there_are_named_and_the_nearest_is_suggested()
    {
        var path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "root:x:0:0::/root:/bin/sh\npostgres:x:110:118::/:/bin/sh\n");
            var names = MachineFilterNames.Of(
                static () => ServiceRegistry.BuiltIn,
                () => new UserNames(path),
                static () => new Dictionary<string, int>(StringComparer.Ordinal) { ["wlan0"] = 3 },
                static () => FilterNames.DefaultEphemeralPorts,
                allNamespaces: false);
            Assert.Equal("wlan0", Error("dev wlan", names).Suggestion);
            Assert.Equal("postgres", Error("user postgers", names).Suggestion);
            Assert.Equal("postgresql", Error("service postgersql", names).Suggestion);
            Assert.True(SocketFilter.TryParse(["user postgres and port http-alt"], names, out _, out _));
        }
        finally
        {
            File.Delete(path);
        }
    }

    private static FilterError Error(string filter, FilterNames names)
    {
        Assert.False(SocketFilter.TryParse([filter], names, out _, out var error));
        return error!;
    }
}
