using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Live;
using Portolan.Cli.Scanning.Machine;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;
using Portolan.Sockets.Binding;

namespace Portolan.Cli.Scanning;

/// <summary>What may spoil a scan, looked at before it begins: tables of connections here and on the way, and our own port.</summary>
internal static class Preflight
{
    /// <summary>A home router keeps some thousands of connections; above so many probes it is worth a word.</summary>
    private const ulong ManyForNat = 10_000;

    /// <summary>A few hundred connections are what any program makes.</summary>
    private const ulong ManyForTable = 1_000;

    /// <summary>One line for each danger.</summary>
    public static List<string> Warnings(
        ScanSettings settings, ScanMode mode, ITargetPlan plan, CommandContext context, IScanMachine machine)
    {
        var warnings = new List<string>();
        var connections = plan.ProbeCount;
        if (mode == ScanMode.Connect && connections >= ManyForTable && machine.ReadConnectionTable() is { } table
            && table.Count + (long)Math.Min(connections, long.MaxValue / 2) > table.Limit)
        {
            warnings.Add(
                $"this host's connection tracking table has room for {ScanWording.Count((ulong)Math.Max(0, table.Limit - table.Count))} "
                    + $"more entries: when full it drops packets, "
                + "which looks like filtered ports; raise net.netfilter.nf_conntrack_max, or scan more slowly with --max-rate");
        }

        if (connections >= ManyForNat && Translates(settings, plan, context))
        {
            warnings.Add("the targets are public and this host's address is private: a NAT router is on the path, and its table may "
                + "overflow; if results vary, scan more slowly with --max-rate");
        }

        if (settings.SourcePort is { } port)
        {
            AddPort(warnings, port, mode, context);
        }

        return warnings;
    }

    // Only the first target is looked at: it is a hint, and a route lookup for each of a million would be the larger danger.
    private static bool Translates(ScanSettings settings, ITargetPlan plan, CommandContext context)
    {
        var target = plan.HostAt(0).Address;
        var route = context.Machine.Network?.FindRoute(target, settings.InterfaceName, settings.Source).Route;
        return route is { IsLocal: false, Gateway: not null } && target.IsIPv4 && IsPrivate(route.Source) && !IsPrivate(target);
    }

    /// <summary>
    /// RFC 1918, RFC 6598 (shared address space), RFC 2544 (benchmarks) and RFC 5737 (documentation): not translated on the way to each
    /// other.
    /// </summary>
    private static bool IsPrivate(InternetAddress address)
    {
        ReadOnlySpan<(uint Network, int Length)> networks =
        [
            (0x0a00_0000, 8), (0xac10_0000, 12), (0xc0a8_0000, 16), (0x6440_0000, 10), (0xc612_0000, 15),
            (0xc000_0200, 24), (0xc633_6400, 24), (0xcb00_7100, 24),
        ];
        foreach (var (network, length) in networks)
        {
            if (address.IsIn(InternetAddress.FromIPv4(network), length))
            {
                return true;
            }
        }

        return address.IsLinkLocal || address.IsLoopback;
    }

    private static void AddPort(List<string> warnings, PortNumber port, ScanMode mode, CommandContext context)
    {
        if (mode == ScanMode.Raw && IsHeld(port, context))
        {
            warnings.Add($"-g {port} is in use on this host: its holder also receives the answers; portolan who {port} shows the holder");
        }
        else if (context.Machine.Settings.EphemeralRange is { } range && range.Contains(port))
        {
            warnings.Add($"-g {port} is in this host's ephemeral range, {range.Range}: another program's connection may take it; use a "
                + $"port outside the range");
        }
    }

    private static bool IsHeld(PortNumber port, CommandContext context)
    {
        if (context.Machine.OpenSockets is null)
        {
            return false;
        }

        IReadOnlyList<TransportProtocol> protocols = [TransportProtocol.Tcp, TransportProtocol.Udp];
        return PortHolders.Find(
            context.Machine.Survey().ForPort(port, protocols, allNamespaces: false, CancellationToken.None), port, protocols).Count > 0;
    }
}
