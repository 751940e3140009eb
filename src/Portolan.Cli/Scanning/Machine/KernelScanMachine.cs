using System.Runtime.InteropServices;
using Portolan.Cli.Scanning.Options;
using Portolan.Linux.Connecting;
using Portolan.Linux.Proc;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>Puts a scan together from the kernel's sockets.</summary>
internal sealed class KernelScanMachine(TimeProvider clock) : IScanMachine
{
    /// <inheritdoc/>
    /// <remarks>No until the prober of raw packets is here.</remarks>
    public bool IsRawAllowed() => false;

    /// <inheritdoc/>
    public ulong NewSeed()
    {
        // The kernel's random bytes; the fixed bits of a version 4 identifier lie in different places of its halves.
        var words = MemoryMarshal.Cast<Guid, ulong>([Guid.NewGuid()]);
        return words[0] ^ words[1];
    }

    /// <inheritdoc/>
    public INameLookup OpenLookup(TargetRequest request) => new SystemLookup();

    /// <inheritdoc/>
    public IReverseNames? OpenReverseNames(TargetRequest request) => null;

    /// <inheritdoc/>
    public IGroupProber OpenConnectProber(ScanSettings settings, Action<string>? trace)
    {
        var cores = Environment.ProcessorCount;
        var options = new KernelConnectorOptions
        {
            Source = settings.Source,
            SourcePort = settings.SourcePort,
            InterfaceName = settings.InterfaceName,
            TimeToLive = settings.TimeToLive,
            Shares = cores,
        };
        return new ConnectProber(() => Traced(KernelConnector.Open(options, clock), trace), cores, settings, clock, new UdpPayloads(settings.Seed));
    }

    /// <inheritdoc/>
    public IGroupProber OpenRawProber(ScanSettings settings, Action<string>? trace) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ConnectionTable? ReadConnectionTable() => ConnectionTracking.Read() is { } table ? new ConnectionTable(table.Count, table.Limit) : null;

    private Portolan.Packets.Links.IConnector Traced(KernelConnector connector, Action<string>? trace) =>
        trace is null ? connector : new TracingConnector(connector, trace, clock);
}
