using System.Text;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Attaching;

/// <summary>The texts of the files by which programs find the names of a lab: hosts(5), resolv.conf(5), nsswitch.conf(5).</summary>
public static class LabFiles
{
    /// <summary>Larger ranges are known to the lab's name servers alone.</summary>
    private const int MostOfRange = 1024;

    private static readonly PortNumber Domain = new(53);

    /// <summary>The machine's nsswitch.conf with names looked for in the hosts file, then asked for; no daemon of the machine is.</summary>
    public static string Switch(string machines) => string.Join(
        '\n',
        machines.Split('\n').Where(static line => !line.TrimStart().StartsWith("hosts:", StringComparison.Ordinal)).Prepend(
            "hosts: files dns"));

    /// <summary>Each address with its names, each name also with the lab's domain behind it.</summary>
    /// <param name="directory">The names.</param>
    /// <param name="machine">This machine's own name, which stays its loopback's.</param>
    /// <param name="topology">The lab whose small ranges of hosts are listed too; <c>null</c> for none.</param>
    public static string Hosts(ILabDirectory directory, string machine, LabTopology? topology = null)
    {
        var text = new StringBuilder($"127.0.0.1 localhost {machine}\n::1 localhost ip6-localhost ip6-loopback\n");
        foreach (var address in directory.All.GroupBy(static e => e.Address))
        {
            // A name with a dot is whole as it is.
            var names = address.SelectMany(
                e => e.Name.Contains('.', StringComparison.Ordinal) ? (string[])[e.Name] : [e.Name, $"{e.Name}.{directory.Domain}"]);
            text.Append(address.Key).Append(' ').AppendJoin(' ', names.Distinct(StringComparer.OrdinalIgnoreCase)).Append('\n');
        }

        foreach (var range in topology?.Hosts.Where(IsSmallRange) ?? [])
        {
            foreach (var address in range.Addresses.SelectMany(
                static r => Enumerable.Range(0, (int)r.Count).Select(i => r.First.Plus((ulong)i))))
            {
                if (directory.NameOf(address) is { } name)
                {
                    text.Append(address).Append(' ').Append(name).Append(' ').Append(name).Append('.')
                        .Append(directory.Domain).Append('\n');
                }
            }
        }

        return text.ToString();
    }

    /// <summary>The name servers of the lab, or this namespace's loopback, where nobody answers and a client learns that at once.</summary>
    public static string Resolver(LabTopology topology, ILabDirectory directory)
    {
        const int MostServers = 3;
        var servers = topology.Hosts.Where(IsNameServer).Select(static h => h.Addresses[0].First).Take(MostServers).DefaultIfEmpty(
            InternetAddress.LoopbackIPv4);
        return string.Concat(servers.Select(static s => $"nameserver {s}\n"))
            + $"search {directory.Domain}\noptions timeout:2 attempts:2\n";
    }

    private static bool IsSmallRange(HostSpec host) =>
        host.IsRange && host.Addresses.All(static r => r.Count > 0 && r.Count <= MostOfRange)
            && host.Addresses.Sum(static r => (long)r.Count) <= MostOfRange;

    private static bool IsNameServer(HostSpec host) =>
        host is { IsRange: false, AsksForAddress: false } && host.PolicyOf(TransportProtocol.Udp, Domain) is OpenPort open
            && open.Service.Name != ServiceSpec.Mute.Name;
}
