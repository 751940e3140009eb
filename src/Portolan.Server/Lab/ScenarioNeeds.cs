using Portolan.Lab.Topology;

namespace Portolan.Server.Lab;

/// <summary>What a scenario plays with, taken from the lab that is built in for it, and what of that another lab has not.</summary>
internal static class ScenarioNeeds
{
    /// <summary>What is missing, a few words each: <c>no host client</c>, <c>no open port 80/tcp on server</c>.</summary>
    /// <param name="topology">The lab that the scenario was to play in.</param>
    /// <param name="own">The lab that it is made for.</param>
    internal static IReadOnlyList<string> Missing(LabTopology topology, LabTopology own)
    {
        List<string> missing =
        [
            .. MissingHosts(topology, own),
            .. Names("network", own.Networks.Select(static n => n.Name), topology.Networks.Select(static n => n.Name)),
            .. Names("router", own.Routers.Select(static r => r.Name), topology.Routers.Select(static r => r.Name)),
        ];
        foreach (var host in own.Hosts)
        {
            if (topology.Hosts.FirstOrDefault(h => string.Equals(h.Name, host.Name, StringComparison.OrdinalIgnoreCase)) is not { } there)
            {
                continue;
            }

            if (there.IsRange != host.IsRange)
            {
                missing.Add(host.IsRange ? $"{host.Name} is one host, not a range" : $"{host.Name} is a range, not one host");
            }

            missing.AddRange(host.Names.Where(name => !there.Names.Contains(name, StringComparer.OrdinalIgnoreCase)).Select(name => $"no name {name} of {host.Name}"));
            missing.AddRange(
                from rule in host.Ports
                where rule.Policy is OpenPort
                from port in rule.Ports
                where there.PolicyOf(rule.Protocol, port) is not OpenPort
                select $"no open port {port}/{rule.Protocol.Name()} on {host.Name}");
        }

        return missing;
    }

    /// <summary>The hosts of these that are missing.</summary>
    /// <inheritdoc cref="Missing"/>
    internal static IReadOnlyList<string> MissingHosts(LabTopology topology, LabTopology own) =>
        [.. Names("host", own.Hosts.Select(static h => h.Name), topology.Hosts.Select(static h => h.Name))];

    private static IEnumerable<string> Names(string what, IEnumerable<string> needed, IEnumerable<string> there) =>
        needed.Except(there, StringComparer.OrdinalIgnoreCase).Select(name => $"no {what} {name}");
}
