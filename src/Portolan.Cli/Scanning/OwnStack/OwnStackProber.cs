using Portolan.Cli.Scanning.Machine;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Probes;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Cli.Scanning.OwnStack;

/// <summary>Puts <c>scan --own-stack</c> together: the prober of a SYN scan, guarded ports, and connectors on the stack.</summary>
internal static class OwnStackProber
{
    /// <summary>Each holds ports, and its socket for each; more share the queues of the interface and gain nothing.</summary>
    private const int MostConnectors = 4;

    /// <summary>
    /// Opens what finds ports, and the stack's connections for what asks them afterwards. Ports are taken and the guard is proved before
    /// anything is sent to a target. What the stack does not reach gets connections of the kernel. Parameters as of <see cref="Open"/>.
    /// </summary>
    public static (IGroupProber Ports, StackSockets Sockets, IReadOnlyList<IDisposable> Beside) OpenSockets(
        Func<IGroupProber> openPorts,
        ScanSettings settings,
        EphemeralRange? ephemeral,
        IReadOnlyList<InternetAddress> samples,
        TimeProvider clock,
        Func<ulong> newSeed,
        Action<string>? trace,
        ICheckSockets kernel) =>
        Build(openPorts, settings, ephemeral, samples, clock, (prober, ports, network, _) =>
        {
            INetwork links = trace is null ? network : new TracingNetwork(network, trace, clock);
            var sockets = new StackSockets(links, network.SendsThroughKernel, kernel, Options(settings, ports.All, clock, newSeed()));
            return (prober, sockets, (IReadOnlyList<IDisposable>)[sockets, ports, network]);
        });

    /// <summary>Opens it. Ports are taken and the guard is proved before anything is sent to a target.</summary>
    /// <param name="openPorts">Opens what finds ports.</param>
    /// <param name="settings">What to do.</param>
    /// <param name="ephemeral">Ports that this host gives to programs; <c>null</c> when unknown.</param>
    /// <param name="samples">Some targets, to know which of this host's addresses they see.</param>
    /// <param name="clock">The time.</param>
    /// <param name="newSeed">Gives seeds that cannot be guessed.</param>
    /// <param name="trace">Takes a line for each packet; <c>null</c> unless requested.</param>
    /// <exception cref="PortolanException">There are no ports, no privilege, or no proof.</exception>
    public static HandshakeProber Open(
        Func<IGroupProber> openPorts,
        ScanSettings settings,
        EphemeralRange? ephemeral,
        IReadOnlyList<InternetAddress> samples,
        TimeProvider clock,
        Func<ulong> newSeed,
        Action<string>? trace) =>
        Build(openPorts, settings, ephemeral, samples, clock, (prober, ports, network, wayTo) =>
        {
            INetwork links = trace is null ? network : new TracingNetwork(network, trace, clock);
            var opened = 0;
            StackConnector Connector() => new(links, Options(settings, ports.ShareOf(opened++), clock, newSeed()));
            var handshakes = new ConnectProber(Connector, Connectors, settings, clock, new UdpPayloads(settings.Seed))
            {
                IsRouted = address => wayTo(address) is { IsLocal: false, Gateway: not null },
                MayConnect = address => wayTo(address) is { IsLocal: false } route && !network.SendsThroughKernel(route),
            };
            return new HandshakeProber(prober, handshakes) { Beside = [ports, network] };
        });

    private static int Connectors => Math.Min(Environment.ProcessorCount, MostConnectors);

    private static StackConnectorOptions Options(ScanSettings settings, PortRange ports, TimeProvider clock, ulong seed) => new()
    {
        Ports = ports,
        Clock = clock,
        Seed = seed,
        Source = settings.Source,
        InterfaceName = settings.InterfaceName,
        TimeToLive = settings.TimeToLive,
    };

    private static T Build<T>(
        Func<IGroupProber> openPorts,
        ScanSettings settings,
        EphemeralRange? ephemeral,
        IReadOnlyList<InternetAddress> samples,
        TimeProvider clock,
        Func<IGroupProber, GuardedPorts, KernelNetwork, Func<InternetAddress, Route?>, T> build)
    {
        var network = new KernelNetwork(clock);
        GuardedPorts? ports = null;
        IGroupProber? prober = null;
        try
        {
            if (settings.Source is { IsLinkLocal: false } source && network.FindRoute(source).Route is not { IsLocal: true })
            {
                throw ScanErrors.Usage(
                    $"--own-stack needs an address of this host; {source} (-S) is not one",
                    $"leave out -S, or give an address that `ip address` lists");
            }

            Route? WayTo(InternetAddress address) => network.FindRoute(address, settings.InterfaceName, settings.Source).Route;
            ports = GuardedPorts.Take(
                Connectors, network, OwnAddresses(samples, WayTo, network), ephemeral, SourcePorts.Outside(ephemeral));
            prober = openPorts();
            return build(prober, ports, network, WayTo);
        }
        catch
        {
            prober?.Dispose();
            ports?.Dispose();
            network.Dispose();
            throw;
        }
    }

    /// <summary>This host's addresses towards the targets.</summary>
    /// <exception cref="PortolanException">All targets are this host itself, or behind interfaces that the stack cannot send
    /// on.</exception>
    private static HashSet<InternetAddress> OwnAddresses(
        IReadOnlyList<InternetAddress> samples, Func<InternetAddress, Route?> wayTo, KernelNetwork network)
    {
        var found = new HashSet<InternetAddress>();
        var isLocal = false;
        (InternetAddress Target, Route Route)? closed = null;
        foreach (var sample in samples)
        {
            if (wayTo(sample) is not { } route)
            {
                continue;
            }

            isLocal |= route.IsLocal;
            if (!route.IsLocal)
            {
                if (network.SendsThroughKernel(route))
                {
                    closed = (sample, route);
                    continue;
                }

                // The rules do not look at addresses; of one that needs an interface beside it the loopback stands for the family.
                found.Add(route.Source.IsLinkLocal && !route.Source.IsIPv4 ? InternetAddress.LoopbackIPv6 : route.Source);
            }
        }

        if (found.Count == 0 && closed is var (target, way))
        {
            throw ScanErrors.Usage(
                $"--own-stack cannot send over {way.InterfaceName}, towards {target}: such an interface sends packets through the "
                    + $"kernel, whose rules would drop them",
                $"leave out --own-stack, or scan with kernel connections: -sT");
        }

        if (found.Count == 0 && isLocal)
        {
            throw ScanErrors.Usage(
                "--own-stack cannot scan this host itself: packets from a packet socket never arrive there",
                $"leave out --own-stack, or scan with kernel connections: -sT");
        }

        if (found.Count == 0)
        {
            // No way to any of them now; others may have one. The guard is proved all the same.
            InternetAddress[] loopbacks = [InternetAddress.LoopbackIPv4, InternetAddress.LoopbackIPv6];
            found.UnionWith(loopbacks.Where(address => network.FindRoute(address).Route is { IsLocal: true }));
        }

        return found;
    }
}
