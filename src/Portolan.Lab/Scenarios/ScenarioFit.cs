using Portolan.Lab.Running.Outside;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// Whether the scenario that a lab names can be played in it: asked before it is played, and when a lab's file is checked.
/// </summary>
internal static class ScenarioFit
{
    private const int MostNamed = 8;

    /// <summary>Why it cannot; <c>null</c> when it can, or when the lab names none.</summary>
    /// <param name="topology">The lab.</param>
    /// <param name="source">Its file or its name, for the remedy.</param>
    internal static PortolanException? Find(LabTopology topology, string source)
    {
        if (topology.Scenario is not { } name)
        {
            return null;
        }

        if (!ScenarioCatalogue.TryFind(name, out var scenario))
        {
            return new PortolanException(
                $"the lab {topology.Name} names the scenario {name}, and there is none of that name",
                $"there are {Advice.List(ScenarioCatalogue.All.Select(static s => s.Name))}; or run a command in the lab: portolan lab run "
                    + $"{source} -- COMMAND",
                ExitCode.Usage);
        }

        if (OutsideCheck.Find(topology) is { } port)
        {
            return new PortolanException(
                $"{port} reaches outside the lab, and a scenario plays in virtual time, in which programs outside take no part, "
                    + $"--allow-exec or not",
                $"leave that port out of the scenario, or run a command in the lab: portolan lab run --allow-exec {source} -- COMMAND",
                ExitCode.Usage);
        }

        var missing = Missing(topology, LabLibrary.Load(scenario.Name));
        return missing.Count == 0 ? null : new PortolanException(
            $"the scenario {scenario.Name} cannot be played in the lab {topology.Name}, which lacks what it needs: "
                + $"{string.Join(", ", missing.Take(MostNamed))}{(missing.Count > MostNamed ? ", …" : "")}",
            $"portolan lab show {scenario.Name} --yaml prints the lab that it is made for, to copy and change",
            ExitCode.Usage);
    }

    /// <summary>
    /// What the lab that the scenario is made for has and this one has not; <c>null</c> when nothing is known to be missing.
    /// </summary>
    internal static Advice? Hint(LabTopology topology)
    {
        if (topology.Scenario is not { } name || !ScenarioCatalogue.TryFind(name, out _))
        {
            return null;
        }

        string[] lacks = [.. Lacking(topology, LabLibrary.Load(name)).Take(MostNamed + 1)];
        var listed = string.Join(", ", lacks.Take(MostNamed)) + (lacks.Length > MostNamed ? ", …" : "");
        return lacks.Length == 0
            ? null
            : Advice.Of($"the lab {name} that it is made for has {Advice.Prose(listed)}: portolan lab show {name} --yaml");
    }

    /// <summary>
    /// The routers, and the ports with their services, that another lab has not, such as <c>port 53/udp (dns) of server</c>.
    /// </summary>
    private static IEnumerable<string> Lacking(LabTopology topology, LabTopology own)
    {
        foreach (var router in own.Routers.Where(r => !topology.Routers.Any(other => Is(other.Name, r.Name))))
        {
            yield return $"a router {router.Name}";
        }

        foreach (var host in own.Hosts)
        {
            if (topology.Hosts.FirstOrDefault(h => Is(h.Name, host.Name)) is not { } here)
            {
                continue;
            }

            foreach (var rule in host.Ports)
            {
                foreach (var port in rule.Ports.Where(p => !IsAlike(rule.Policy, here.PolicyOf(rule.Protocol, p))))
                {
                    var service = rule.Policy is OpenPort open ? $" ({open.Service.Name})" : "";
                    yield return $"port {port}/{(rule.Protocol == TransportProtocol.Tcp ? "tcp" : "udp")}{service} of {host.Name}";
                }
            }
        }
    }

    /// <summary>Whether a client meets the same there, but for settings.</summary>
    private static bool IsAlike(PortPolicy one, PortPolicy other) =>
        one.GetType() == other.GetType() && (one as OpenPort)?.Service.Name == (other as OpenPort)?.Service.Name;

    private static bool Is(string one, string other) => string.Equals(one, other, StringComparison.OrdinalIgnoreCase);

    /// <summary>The hosts of the lab that a scenario is made for that another lab has not, such as <c>no host client</c>.</summary>
    private static IReadOnlyList<string> Missing(LabTopology topology, LabTopology own) =>
        [.. own.Hosts.Select(static h => h.Name).Except(topology.Hosts.Select(static h => h.Name), StringComparer.OrdinalIgnoreCase).Select(
            static name => $"no host {name}")];
}
