using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Scanning;

/// <summary>
/// Ends a scan that could not send anything before it begins: an interface that is unknown or down, an address that is not ours, no route
/// to any target. Where only some targets have no route the others are scanned, and the run says which were not.
/// </summary>
internal static class RouteCheck
{
    /// <summary>How many targets are asked for: all of a short list, some of a long one.</summary>
    private const ulong Samples = 16;

    /// <summary>Returns when at least one target has a route.</summary>
    /// <exception cref="PortolanException">The interface is unknown (exit code 2), or no target can be reached for one and the same reason
    /// (3).</exception>
    public static void Demand(ScanSettings settings, ScanMode mode, ITargetPlan plan, CommandContext context)
    {
        if (settings.InterfaceName is { } name && context.Machine.ReadInterfaces() is { Count: > 0 } interfaces
            && !interfaces.ContainsKey(name))
        {
            var nearest = NearestWord.Find(name, interfaces.Keys);
            throw ScanErrors.Usage(
                $"no interface is named {name}",
                nearest is null
                    ? Advice.Of($"there are: {Advice.List(interfaces.Keys)}")
                    : $"did you mean {nearest}? Interfaces: {Advice.List(interfaces.Keys)}");
        }

        if (context.Machine.Network is not { } network)
        {
            return;
        }

        RouteAnswer? first = null;
        var count = Math.Min(plan.HostCount, Samples);
        for (ulong i = 0; i < count; i++)
        {
            var answer = Ask(network, Sample(plan, i, count), settings, mode);
            if (answer.Route is not null)
            {
                return;
            }

            first ??= answer;

            // Of a list that is not asked for in full, only a reason that names no target holds for the rest.
            if (plan.HostCount > Samples && answer.Problem != first.Value.Problem)
            {
                return;
            }
        }

        if (first is { } problem)
        {
            throw new PortolanException($"{problem.Problem}; nothing was sent", problem.Hint);
        }
    }

    /// <summary>Whether all targets are this host itself; only a short list is looked at.</summary>
    public static bool AreLocal(ScanSettings settings, ITargetPlan plan, INetwork network)
    {
        for (ulong i = 0; i < plan.HostCount && i <= Samples; i++)
        {
            if (i == Samples
                || network.FindRoute(plan.HostAt(i).Address, settings.InterfaceName, settings.Source).Route is not { IsLocal: true })
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether a target lies behind a router, where the pace has a ceiling; of a long list some are asked for.</summary>
    public static bool AnyRouted(ScanSettings settings, ITargetPlan plan, INetwork network)
    {
        var count = Math.Min(plan.HostCount, Samples);
        for (ulong i = 0; i < count; i++)
        {
            if (network.FindRoute(Sample(plan, i, count), settings.InterfaceName, settings.Source).Route is
                {
                    IsLocal: false,
                    Gateway: not null
                })
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>All targets of a short list, some of a long one.</summary>
    public static InternetAddress[] SamplesOf(ITargetPlan plan)
    {
        var samples = new InternetAddress[(int)Math.Min(plan.HostCount, Samples)];
        for (var i = 0; i < samples.Length; i++)
        {
            samples[i] = Sample(plan, (ulong)i, (ulong)samples.Length);
        }

        return samples;
    }

    // Of a long list, addresses that are spread over it evenly, both ends among them.
    private static InternetAddress Sample(ITargetPlan plan, ulong i, ulong count) =>
        plan.HostAt((ulong)(i * (UInt128)(plan.HostCount - 1) / Math.Max(1, count - 1))).Address;

    private static RouteAnswer Ask(INetwork network, InternetAddress target, ScanSettings settings, ScanMode mode)
    {
        // A connection's address must be ours, whatever the interface; a packet's need not be.
        var source = mode == ScanMode.Connect && settings.Source is not null ? network.FindRoute(target, null, settings.Source) : default;
        return source.Problem is not null ? source : network.FindRoute(target, settings.InterfaceName, settings.Source);
    }
}
