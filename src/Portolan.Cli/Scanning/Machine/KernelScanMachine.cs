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
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Identification;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Proxies;
using Portolan.Sockets.Filtering;
using Portolan.Sockets.Naming;
using Portolan.Watch.Scanning;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>Puts a scan together from the kernel's sockets.</summary>
internal sealed class KernelScanMachine(TimeProvider clock) : IScanMachine
{
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

        return KernelProbers.OpenConnect(settings, clock, trace is null ? null : connector => Traced(connector, trace));
    }

    /// <inheritdoc/>
    public IGroupProber OpenRawProber(ScanSettings settings, RawNeeds needs, Action<string>? trace)
    {
        var network = needs.Network ?? new KernelNetwork(clock);
        return KernelProbers.OpenRaw(
            settings, trace is null ? network : new TracingNetwork(network, trace, clock), needs.Ephemeral, needs.ProbesPlanned, clock);
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
            warn("the OpenSSL library is not installed: services inside TLS are not identified; apt-get install libssl3 installs it");
        }

        return new ServiceIdentifier(sockets, clock, settings)
        {
            HasTls = OpenSslLibrary.IsInstalled,

            // The runtime ends the program where it finds no descriptor for itself; so half of them stay free, and a port may take two.
            MaxAtOnce = Math.Clamp(DescriptorLimit.Left() / 4, ServiceIdentifier.LeastAtOnce, ServiceIdentifier.DefaultAtOnce),
            Tell = trace is null
                ? null
                : (target, probe) =>
                    trace($"ask {target.Socket.Address} {target.Port}/{target.Protocol.Name()}: "
                        + $"{probe.Name}{(probe.BytesFor(target).Length is > 0 and var length ? $", {length} bytes" : "")}"),
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
