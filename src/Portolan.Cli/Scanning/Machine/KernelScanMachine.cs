using System.Runtime.InteropServices;
using Portolan.Cli.Scanning.Options;
using Portolan.Cli.Scanning.OwnStack;
using Portolan.Linux.Connecting;
using Portolan.Linux.Libraries;
using Portolan.Linux.Packet;
using Portolan.Linux.Proc;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Scan.Checking;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Identification;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Proxies;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Naming;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>Puts a scan together from the kernel's sockets.</summary>
internal sealed class KernelScanMachine(TimeProvider clock) : IScanMachine
{
    // More share one queue of the interface and gain nothing.
    private const int MostSenders = 4;

    private ResolverFiles? _files;

    /// <inheritdoc/>
    public bool IsRawAllowed() => RawAccess.IsAllowed();

    /// <inheritdoc/>
    public ulong NewSeed() => RandomBits();

    /// <inheritdoc/>
    public INameLookup OpenLookup(TargetRequest request) =>
        Files(request).MakeResolver(new SocketDnsTransport(clock), clock, NewId, new SystemNames(clock));

    /// <inheritdoc/>
    public IReverseNames OpenReverseNames(TargetRequest request, Action<string> warn)
    {
        if (request.SystemDns)
        {
            return new SystemReverseNames(new SystemNameResolver(), clock);
        }

        var files = Files(request);
        var names = new ReverseNames(files.Hosts, files.Settings, static servers => new SocketDnsDatagrams(servers), clock, NewId);
        return new ReverseNamesWithWord(names, () => names.Problem, warn);
    }

    /// <inheritdoc/>
    public IGroupProber OpenConnectProber(ScanSettings settings, Action<string>? trace) => Connections(settings, trace);

    private ConnectProber Connections(ScanSettings settings, Action<string>? trace)
    {
        if (settings.Proxies is { } proxies)
        {
            // What bounds them is what the proxies carry, not a core.
            return new ConnectProber(
                () => Traced(ProxyConnector.Open(proxies, KernelSockets(), clock), trace), cores: 1, settings, clock,
                new UdpPayloads(settings.Seed));
        }

        var cores = Environment.ProcessorCount;
        var options = new KernelConnectorOptions
        {
            Source = settings.Source,
            SourcePort = settings.SourcePort,
            InterfaceName = settings.InterfaceName,
            TimeToLive = settings.TimeToLive,

            // With banners there may be as many again, for ports and for what is said on them; and what asks services needs some of its
            // own.
            Shares = settings.Banners || settings.Services is not null ? 2 * cores : cores,
        };
        var network = new KernelNetwork(clock);
        return new ConnectProber(
            () => Traced(KernelConnector.Open(options, clock), trace), cores, settings, clock, new UdpPayloads(settings.Seed))
        {
            IsRouted = address =>
                network.FindRoute(address, settings.InterfaceName, settings.Source).Route is { IsLocal: false, Gateway: not null },
        };
    }

    /// <inheritdoc/>
    public IGroupProber OpenRawProber(ScanSettings settings, RawNeeds needs, Action<string>? trace)
    {
        var network = needs.Network ?? new KernelNetwork(clock);
        var options = new RawProberOptions
        {
            // The driving thread mostly waits, so there may be as many senders as processors.
            SenderThreads = Math.Clamp(Environment.ProcessorCount, 1, MostSenders),
            Ephemeral = needs.Ephemeral,
            ProbesPlanned = needs.ProbesPlanned,
        };
        return new RawProber(trace is null ? network : new TracingNetwork(network, trace, clock), clock, settings, options);
    }

    /// <inheritdoc/>
    public IRouteTracer OpenConnectTracer(ScanSettings settings, Action<string>? trace)
    {
        var options = new KernelConnectorOptions { Source = settings.Source, InterfaceName = settings.InterfaceName };
        return new ConnectTracer(() => Traced(KernelConnector.Open(options, clock), trace), new KernelNetwork(clock), clock, settings);
    }

    /// <inheritdoc/>
    public IGroupProber OpenOwnStackProber(
        ScanSettings settings, RawNeeds needs, IReadOnlyList<InternetAddress> samples, Action<string>? trace) =>
        OwnStackProber.Open(() => OpenRawProber(settings, needs, trace), settings, needs.Ephemeral, samples, clock, NewSeed, trace);

    /// <inheritdoc/>
    public IGroupProber OpenBannerProber(IGroupProber ports, ScanSettings settings, Action<string>? trace)
    {
        try
        {
            return new HandshakeProber(ports, Connections(settings, trace));
        }
        catch
        {
            ports.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public IGroupProber OpenOwnStackIdentifier(
        ScanSettings settings, RawNeeds needs, IReadOnlyList<InternetAddress> samples, ScanTrace trace, Action<string> warn)
    {
        var services = settings.Services ?? throw new ArgumentException("nothing is to be asked", nameof(settings));
        var (ports, sockets, beside) = OwnStackProber.OpenSockets(
            () => OpenRawProber(settings, needs, trace.Packets), settings, needs.Ephemeral, samples, clock, NewSeed, trace.Packets,
            KernelSockets());
        return new IdentifyingProber(ports, Identifier(sockets, services, trace.Questions, warn), settings) { Beside = beside };
    }

    /// <inheritdoc/>
    public ServiceIdentifier OpenIdentifier(IdentifySettings settings, Action<string>? trace, Action<string> warn) =>
        Identifier(
            settings.Proxies is { } proxies ? new ProxySockets(proxies, KernelSockets()) : KernelSockets(), settings, trace, warn);

    private SystemSockets KernelSockets() => new(witness: null, name => (int)(FindInterface(name) ?? 0), clock);

    private ServiceIdentifier Identifier(ICheckSockets sockets, IdentifySettings settings, Action<string>? trace, Action<string> warn)
    {
        if (!OpenSslLibrary.IsInstalled)
        {
            warn("the OpenSSL library is not installed: what is inside TLS is not asked; apt-get install libssl3 brings it");
        }

        return new ServiceIdentifier(sockets, clock, settings)
        {
            HasTls = OpenSslLibrary.IsInstalled,

            // The runtime ends the program where it finds no descriptor for itself; so half of them stay free, and a port may take two.
            MaxAtOnce = Math.Clamp(DescriptorLimit.Left() / 4, ServiceIdentifier.LeastAtOnce, ServiceIdentifier.DefaultAtOnce),
            Tell = trace is null
                ? null
                : (target, probe) =>
                    trace($"ask {target.Socket.Address} {target.Port}/{target.Protocol.Name()}: {probe.Name}{(probe.BytesFor(target).Length is > 0 and var length ? $", {length} bytes" : "")}"),
        };
    }

    /// <inheritdoc/>
    public HostNetwork ReadNetwork() => HostNetwork.Read();

    /// <inheritdoc/>
    public ConnectionTable? ReadConnectionTable() =>
        ConnectionTracking.Read() is { } table ? new ConnectionTable(table.Count, table.Limit) : null;

    private Portolan.Packets.Links.IConnector Traced(Portolan.Packets.Links.IConnector connector, Action<string>? trace) =>
        trace is null ? connector : new TracingConnector(connector, trace, clock);

    private ResolverFiles Files(TargetRequest request)
    {
        _files ??= ResolverFiles.Read(findInterface: FindInterface);
        return request.DnsServers is null ? _files : _files.WithServers(DnsServer.ParseList(request.DnsServers, FindInterface));
    }

    private static uint? FindInterface(string name) =>
        MachineFilterNames.ReadInterfaces().TryGetValue(name, out var index) ? (uint)index : null;

    private static ushort NewId() => (ushort)RandomBits();

    // The kernel's random bytes, without the cryptography library, whose start costs more than a scan of one port. The fixed bits of a
    // version 4 identifier lie in different places of its halves.
    private static ulong RandomBits()
    {
        var words = MemoryMarshal.Cast<Guid, ulong>([Guid.NewGuid()]);
        return words[0] ^ words[1];
    }
}
