using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>For a list of targets (<c>-sL</c>): sends nothing and is never asked to.</summary>
internal sealed class IdleProber : IGroupProber
{
    /// <inheritdoc/>
    public ScanMode Mode => ScanMode.Connect;

    /// <inheritdoc/>
    public IReadOnlyList<string> Notes => [];

    /// <inheritdoc/>
    public ProbeBalance Balance => default;

    /// <inheritdoc/>
    public void Discover(HostGroup group, ProbeCursor from, IProbeWatch watch) =>
        throw new InvalidOperationException("a list sends nothing");

    /// <inheritdoc/>
    public void Probe(HostGroup group, ProbeCursor from, IProbeWatch watch) => throw new InvalidOperationException("a list sends nothing");

    /// <inheritdoc/>
    public void Dispose()
    {
    }
}
