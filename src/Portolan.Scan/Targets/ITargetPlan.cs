
namespace Portolan.Scan.Targets;

/// <summary>All hosts and the ports to probe on each, by number: nothing is listed in memory that a number can stand for.</summary>
/// <remarks>
/// Hosts are numbered from 0 in the order they were named, excludes left out, each address once. A host's probes are numbered from 0.
/// </remarks>
public interface ITargetPlan
{
    /// <summary>How many hosts the plan has.</summary>
    ulong HostCount { get; }

    /// <summary>Probes of all hosts together; at most 2^64 - 1.</summary>
    ulong ProbeCount { get; }

    /// <summary>The host with a number.</summary>
    Target HostAt(ulong host);

    /// <summary>The ports of that host. Hosts named together share one object.</summary>
    ProbePorts PortsOf(ulong host);
}
