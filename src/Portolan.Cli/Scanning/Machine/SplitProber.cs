using Portolan.Scan.Engine;
using Portolan.Scan.Pacing;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>
/// Finds hosts one way and probes their ports another: a connect scan whose hosts are found with packets, as nmap does with privilege.
/// </summary>
internal sealed class SplitProber(IGroupProber discovery, IGroupProber ports) : IGroupProber
{
    /// <inheritdoc/>
    public ScanMode Mode => ports.Mode;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes { get; } = [.. discovery.Notes, .. ports.Notes];

    /// <inheritdoc/>
    public ProbeBalance Balance
    {
        get
        {
            var (hosts, both) = (discovery.Balance, ports.Balance);
            var losses = hosts.Losses ?? new LossLedger();
            losses.Add(both.Losses ?? new LossLedger());
            return both.WithCountsOf(hosts) with { Losses = losses, Unfinished = both.Unfinished ?? hosts.Unfinished };
        }
    }

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) => discovery.Discover(group, from, watch);

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch) => ports.Probe(group, from, watch);

    /// <inheritdoc/>
    public void Dispose()
    {
        discovery.Dispose();
        ports.Dispose();
    }
}
