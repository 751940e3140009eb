using Portolan.Lab.Running;
using Portolan.Lab.Scenarios;
using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>A scenario in a lab in which something is broken says so: what it claims is checked, not told.</summary>
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
        ["the firewall lets all in"] = ("port-forward", static t => t.WithRouter(static r => r with { Rules = [] })),
        ["no port is forwarded"] = ("port-forward", static t => t.WithRouter(static r => r with { Forwards = [] })),
        ["the second port leads to the first host"] = ("port-forward", static t => t.WithRouter(static r => r with { Forwards = [r.Forwards[0], r.Forwards[1] with { Target = r.Forwards[0].Target }] })),
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
