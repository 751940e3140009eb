using Portolan.Scan.Results;

namespace Portolan.Scan.Targets;

/// <summary>All hosts and the ports to probe on each, by number: nothing is listed in memory that a number can stand for.</summary>
/// <remarks>Hosts are numbered from 0 in the order they were named, excludes left out, each address once. A host's probes are numbered from 0.</remarks>
public interface ITargetPlan
{
    /// <summary>Hosts.</summary>
    ulong HostCount { get; }

    /// <summary>Probes of all hosts together; at most 2^64 - 1.</summary>
    ulong ProbeCount { get; }

    /// <summary>The host with a number.</summary>
    Target HostAt(ulong host);

    /// <summary>The ports of that host. Hosts named together share one object.</summary>
    ProbePorts PortsOf(ulong host);
}

/// <summary>Ports to probe on a host, by number.</summary>
public sealed class ProbePorts
{
    private readonly ProbePort[] _ports;
    private readonly Dictionary<ProbePort, int> _indexes;

    /// <summary>Takes the ports in their order, each once.</summary>
    public ProbePorts(IReadOnlyList<ProbePort> ports)
    {
        _ports = [.. ports];
        _indexes = new Dictionary<ProbePort, int>(_ports.Length);
        for (var i = 0; i < _ports.Length; i++)
        {
            _indexes.Add(_ports[i], i);
        }
    }

    /// <summary>How many.</summary>
    public int Count => _ports.Length;

    /// <summary>The port with a number.</summary>
    public ProbePort this[int index] => _ports[index];

    /// <summary>The number of a port, or -1.</summary>
    public int IndexOf(ProbePort port) => _indexes.GetValueOrDefault(port, -1);
}
