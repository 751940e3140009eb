using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Lab;

public sealed class ScanTests
{
    [Fact]
    public async Task Look()
    {
        static InternetAddress A(string text) => InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
        static AddressPrefix P(string text) => AddressPrefix.TryParse(text, out var p) ? p : throw new FormatException(text);
        static PortRule T(string ports, PortPolicy policy) => new(TransportProtocol.Tcp, PortSet.Parse(ports), policy);
        var rules = new[]
        {
            T("22", new OpenPort(new ServiceSpec("echo"))), T("80", new OpenPort(new ServiceSpec("http"))), T("23", PortPolicy.Filtered),
            T("24", new RejectedPort(RejectKind.HostProhibited)), T("25", new RejectedPort(RejectKind.AdminProhibited)), T("26", new SynProxyPort(null)),
            T("27", new TarpitPort(TimeSpan.FromSeconds(1))),
        };
        var topology = new LabTopology
        {
            Name = "look",
            Networks = [new NetworkSpec { Name = "a", Ipv4 = P("198.18.0.0/24"), Ipv6 = P("2001:db8:1::/64") }, new NetworkSpec { Name = "b", Ipv4 = P("198.18.1.0/24") }, new NetworkSpec { Name = "c", Ipv4 = P("198.18.2.0/24") }],
            Routers =
            [
                new RouterSpec { Name = "r1", Ports = [new RouterPort("a", A("198.18.0.1"), null), new RouterPort("b", A("198.18.1.1"), null)], Forwards = [new PortForward(TransportProtocol.Tcp, new PortNumber(8080), A("198.18.2.10"), new PortNumber(80))] },
                new RouterSpec { Name = "r2", Ports = [new RouterPort("b", A("198.18.1.2"), null), new RouterPort("c", A("198.18.2.1"), null)], Rules = [new FirewallRule(FirewallAction.Drop, TransportProtocol.Tcp, null, null, PortSet.Parse("443"))] },
            ],
            Hosts =
            [
                new HostSpec { Name = "h", Network = "a", Addresses = [new AddressRange(A("198.18.0.10"), A("198.18.0.10"))], Ports = rules },
                new HostSpec { Name = "f", Network = "c", Addresses = [new AddressRange(A("198.18.2.10"), A("198.18.2.20"))], IsRange = true, Ports = rules },
            ],
            Vantage = new VantageSpec("a", A("198.18.0.250"), null),
        };
        await using var lab = KernelLab.Create(topology);
        var text = lab.Host.Tool("nmap", null, "-n", "-sS", "-p", "20-30,80,443", "--reason", "-T4", "198.18.0.10", "198.18.2.10", "198.18.2.20");
        text += lab.Host.Tool("nmap", null, "-n", "-Pn", "-sS", "-p", "80", "--reason", "-T4", "--traceroute", "198.18.2.30", "198.18.2.11");
        text += lab.Host.Tool("nmap", null, "-n", "-sS", "-p", "80,8080", "--reason", "-T4", "198.18.0.1", "198.18.0.99");
        File.WriteAllText("/tmp/look.txt", text);
        text += lab.Host.Tool("curl", null, "-sS", "-m", "5", "http://198.18.0.1:8080/");
        File.WriteAllText("/tmp/look.txt", text);
    }
}
