using System.Diagnostics.CodeAnalysis;

namespace Portolan.Lab.Scenarios;

/// <summary>The scenarios that <c>lab run</c> plays, in the order of their list.</summary>
public static class ScenarioCatalogue
{
    private static readonly IScenario[] Scenarios =
    [
        new TwoBrowsers(),
        new ExampleCom(),
        new ManyClients(),
        new Encapsulation(),
        new PortZero(),
        new PortConflict(),
        new States(),
        new EphemeralExhaustion(),
        new PortForwarding(),
        new Firewall(),
        new ScanMe(),
        new ManyServices(),
        new UdpOrTcp(),
        new WellKnown(),
        new Priorities(),
    ];

    /// <summary>All of them, in the order in which they are best played.</summary>
    public static IReadOnlyList<IScenario> All => Scenarios;

    /// <summary>Finds one by its name.</summary>
    public static bool TryFind(string name, [NotNullWhen(true)] out IScenario? scenario)
    {
        scenario = Array.Find(Scenarios, s => s.Name == name);
        return scenario is not null;
    }
}
