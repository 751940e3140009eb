namespace Portolan.Scan.Engine;

/// <summary>Finds the hops on the way to hosts that were scanned (<c>--traceroute</c>).</summary>
public interface IRouteTracer
{
    /// <summary>
    /// Traces the way to each host of a group that is up, and to some of its filtered ports; hosts whose trace is known (resumed) are left
    /// alone.
    /// </summary>
    /// <param name="group">The hosts. What is found goes into it.</param>
    /// <param name="watch">Takes progress; says when to stop.</param>
    void Trace(HostGroup group, IProbeWatch watch);
}
