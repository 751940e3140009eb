using Portolan.Linux.Connecting;
using Portolan.Linux.Packet;
using Portolan.Linux.Routing;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Watch.Scanning;

/// <summary>Puts the engines of a scan together with the kernel's sockets.</summary>
public static class KernelProbers
{
    // More share one queue of the interface and gain nothing.
    private const int MostSenders = 4;

    /// <summary>Probes with packets of its own making; needs CAP_NET_RAW (<see cref="RawAccess"/>).</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="network">Routes, neighbours and links.</param>
    /// <param name="ephemeral">Ports that this host gives to other programs; <c>null</c> when unknown.</param>
    /// <param name="probesPlanned">Targets × ports of the whole run.</param>
    /// <param name="clock">The time.</param>
    public static RawProber OpenRaw(
        ScanSettings settings, INetwork network, EphemeralRange? ephemeral, ulong probesPlanned, TimeProvider clock) =>
        new(network, clock, settings, new RawProberOptions
        {
            // The driving thread mostly waits, so there may be as many senders as processors.
            SenderThreads = Math.Clamp(Environment.ProcessorCount, 1, MostSenders),
            Ephemeral = ephemeral,
            ProbesPlanned = probesPlanned,
        });

    /// <summary>Probes through the system's connections; needs no privilege.</summary>
    /// <param name="settings">What to do.</param>
    /// <param name="clock">The time.</param>
    /// <param name="traced">Puts something around each connector; <c>null</c> for nothing.</param>
    public static ConnectProber OpenConnect(ScanSettings settings, TimeProvider clock, Func<IConnector, IConnector>? traced = null)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var cores = Environment.ProcessorCount;
        var options = new KernelConnectorOptions
        {
            Source = settings.Source,
            SourcePort = settings.SourcePort,
            InterfaceName = settings.InterfaceName,
            TimeToLive = settings.TimeToLive,

            // Banners are heard on as many connections again, and service identification opens some of its own.
            Shares = settings.Banners || settings.Services is not null ? 2 * cores : cores,
        };
        var network = new KernelNetwork(clock);
        return new ConnectProber(
            () => traced is null ? KernelConnector.Open(options, clock) : traced(KernelConnector.Open(options, clock)), cores, settings,
            clock, new UdpPayloads(settings.Seed))
        {
            IsRouted = address =>
                network.FindRoute(address, settings.InterfaceName, settings.Source).Route is { IsLocal: false, Gateway: not null },
        };
    }
}
