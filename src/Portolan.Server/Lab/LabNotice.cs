using System.Globalization;
using Portolan.Lab.Topology;

namespace Portolan.Server.Lab;

/// <summary>What <c>lab run</c> without a command says when the lab is up.</summary>
internal static class LabNotice
{
    internal static void Write(TextWriter error, LabTopology topology)
    {
        var hosts = topology.Hosts.Aggregate(
            UInt128.Zero,
            static (sum, host) => sum + (host.IsRange ? host.Addresses.Aggregate(UInt128.Zero, static (s, r) => s + r.Count) : 1));
        var networks = topology.Networks.SelectMany(static n => n.Prefixes);
        error.WriteLine(TerminalText.Escape($"portolan: the lab {topology.Name} is up: {hosts.ToString(CultureInfo.InvariantCulture)} {(hosts == UInt128.One ? "host" : "hosts")} in {string.Join(", ", networks)}; Ctrl-C ends it"));
        error.WriteLine(Advice.Of($"enter it from another terminal with portolan lab enter {topology.Name}").ToHint());
    }
}
