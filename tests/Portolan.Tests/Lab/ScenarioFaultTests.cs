using Portolan.Lab.Running;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>A scenario in a lab in which something is broken says so: what it claims is checked, not told.</summary>
[Trait("Quick", "no")]
public sealed class ScenarioFaultTests
{
    private static readonly Dictionary<string, (string Scenario, Func<LabTopology, LabTopology> Break)> Faults = new(StringComparer.Ordinal)
    {
        ["a site is closed"] = ("two-browsers", static t => t.WithPort("site2", TransportProtocol.Tcp, 80, PortPolicy.Closed)),
        ["both windows would show the same"] = ("two-browsers", static t => t.WithService("site1", TransportProtocol.Tcp, 80, "echo")),
        ["the name server is off"] = ("example-com", static t => t.WithPort("dns", TransportProtocol.Udp, 53, PortPolicy.Filtered)),
        ["the web server says nothing"] = ("example-com", static t => t.WithService("web", TransportProtocol.Tcp, 80, "discard")),
        ["the name server sends questions back"] = ("example-com", static t => t.WithService("dns", TransportProtocol.Udp, 53, "echo")),
        ["a client is missing"] = ("many-clients", static t => t.WithoutHost("pc3")),
        ["the server of a client's page is another service"] = ("many-clients",
            static t => t.WithService("server", TransportProtocol.Tcp, 80, "daytime")),
        ["nobody echoes datagrams"] = ("encapsulation", static t => t.WithPort("server", TransportProtocol.Udp, 7, PortPolicy.Closed)),
        ["nobody echoes over TCP"] = ("encapsulation", static t => t.WithPort("server", TransportProtocol.Tcp, 7, PortPolicy.Closed)),
        ["the server of segments is off"] = ("port-zero", static t => t.WithPort("server", TransportProtocol.Tcp, 7, PortPolicy.Closed)),
        ["datagrams are discarded"] = ("port-zero", static t => t.WithService("server", TransportProtocol.Udp, 7, "discard")),
        ["somebody else has the port already"] = ("port-conflict",
            static t => t.WithPort("server", TransportProtocol.Tcp, 8080, PortPolicy.Open)),
        ["the server has no second address"] = ("port-conflict",
            static t => t.WithHost("server", static h => h with { Addresses = [.. h.Addresses.Where(static a => a.First.IsIPv4)] })),
        ["the port is held by a service"] = ("states", static t => t.WithPort("server", TransportProtocol.Tcp, 80, PortPolicy.Open)),
        ["packets take longer than it says"] = ("states",
            static t => t.WithNetwork("far", static n => n with { Quality = n.Quality with { Latency = TimeSpan.FromMilliseconds(160) } })),
        ["packets are lost"] = ("states", static t => t.WithNetwork("far", static n => n with { Quality = n.Quality with { Loss = 0.5 } })),
        ["a PC has more ports than it says"] = ("ephemeral-exhaustion",
            static t =>
                t.WithHost("pc", static h => h with { EphemeralPorts = new PortRange(new PortNumber(50000), new PortNumber(50031)) })),
        ["old has timestamps"] = ("ephemeral-exhaustion", static t => t.WithHost("old", static h => h with { Personality = "linux" })),
        ["the PC has no timestamps"] = ("ephemeral-exhaustion",
            static t => t.WithHost("pc", static h => h with { Personality = "minimal" })),
        ["the other server is missing"] = ("ephemeral-exhaustion", static t => t.WithoutHost("mirror")),
        ["the firewall lets all in"] = ("port-forward", static t => t.WithRouter(static r => r with { Rules = [] })),
        ["the provider has a way to the home"] = ("port-forward",
            static t => t.WithRouter(static r => r.Name == "provider" ? r with { Rules = [] } : r)),
        ["no port is forwarded"] = ("port-forward", static t => t.WithRouter(static r => r with { Forwards = [] })),
        ["the second port leads to the first host"] = ("port-forward",
            static t =>
                t.WithRouter(
                    static r =>
                        r.Forwards.Count < 2
                            ? r
                            : r with { Forwards = [r.Forwards[0], r.Forwards[1] with { Target = r.Forwards[0].Target }] })),
        ["the firewall drops what it should reject"] = ("firewall",
            static t =>
                t.WithRouter(
                    static r =>
                        r with
                        {
                            Rules = [.. r.Rules.Select(
                            static rule =>
                                rule.Action.Kind == FirewallActionKind.Reject ? rule with { Action = FirewallAction.Drop } : rule)]
                        })),
        ["the firewall sends another error"] = ("firewall",
            static t =>
                t.WithRouter(
                    static r =>
                        r with
                        {
                            Rules = [.. r.Rules.Select(
                            static rule =>
                                rule.Action.Kind == FirewallActionKind.Reject
                                    ? rule with { Action = rule.Action with { Error = RefusalKind.TcpReset } }
                                    : rule)]
                        })),
        ["the firewall drops what no rule names"] = ("firewall",
            static t => t.WithRouter(static r => r with { DefaultAction = FirewallAction.Drop })),
        ["a service behind the firewall is off"] = ("firewall",
            static t => t.WithPort("server", TransportProtocol.Tcp, 23, PortPolicy.Closed)),
        ["what answers so often a second is too much to judge"] = ("scan-me",
            static t => t.WithHost("everything", static h => h with { DefaultTcp = new RateLimitedPort(RefusalKind.TcpReset, 100) })),
        ["mail is read in clear"] = ("many-services", static t => t.WithService("server", TransportProtocol.Tcp, 993, "imap")),
        ["the database is off"] = ("many-services", static t => t.WithPort("server", TransportProtocol.Tcp, 5432, PortPolicy.Closed)),
        ["mail is handed in where servers do"] = ("many-services", static t => t.WithService("server", TransportProtocol.Tcp, 587, "smtp")),
        ["names are on TCP only"] = ("many-services", static t => t.WithPort("server", TransportProtocol.Udp, 53, PortPolicy.Filtered)),
        ["the link loses nothing"] = ("udp-or-tcp",
            static t => t with { Links = [t.Links[0] with { Quality = t.Links[0].Quality with { Loss = 0 } }] }),
        ["the primary gives its zone to nobody"] = ("udp-or-tcp",
            static t => t.WithPort("primary", TransportProtocol.Tcp, 53, PortPolicy.Closed)),
        ["two services have changed places"] = ("well-known",
            static t =>
                t.WithService("server", TransportProtocol.Tcp, 110, "imap").WithService("server", TransportProtocol.Tcp, 143, "pop3")),
        ["the clock is off"] = ("well-known", static t => t.WithPort("server", TransportProtocol.Udp, 123, PortPolicy.Filtered)),
        ["nobody goes first"] = ("priorities", static t => t with { Links = [.. t.Links.Select(static l => l with { Shaping = [] })] }),
        ["the copy goes first"] = ("priorities",
            static t =>
                t with
                {
                    Links = [.. t.Links.Select(
                    static l => l with { Shaping = [.. l.Shaping.Reverse().Select(static (c, i) => c with { Priority = i + 1 })] })]
                }),
        ["the host behind the port is off"] = ("port-forward", static t => t.WithoutHost("web")),
    };

    public static TheoryData<string> Names => [.. Faults.Keys];

    [Theory, MemberData(nameof(Names))]
    public async Task A_scenario_says_when(string fault)
    {
        var (name, plant) = Faults[fault];
        Assert.True(ScenarioCatalogue.TryFind(name, out var scenario));
        var topology = plant(LabLibrary.Load(name));
        var report = await ScenarioPlayer.PlayAsync(scenario, topology);
        var text = new StringWriter();
        ScenarioText.Write(report, new LabDirectory(topology), text);

        Assert.False(report.Succeeded, text.ToString());
    }
}
