using System.Diagnostics.CodeAnalysis;
using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Paths;

namespace Portolan.Lab.Truth;

/// <summary>What a perfect scanner reports from the vantage of a lab, computed from the topology alone.</summary>
/// <remarks>
/// <para>
/// A probe goes along its path (<see cref="PathTable"/>); each router on it judges it by its rules in order; the host's policy decides
/// last. Answers pass, because they belong to what was allowed, and the way back is the way there. A router's own address is answered by
/// the router (ports closed, echo answered), whatever its own rules say, for they are for what it passes on. An unused address is
/// answered with host unreachable by the router before its network, and by nobody in the vantage's own network. Nobody says anything about
/// the broadcast address of a network who is on that network.
/// </para>
/// <para>
/// A forwarded port is judged by the router's rules, and those of routers behind it, as what it is forwarded to; what the target answers
/// comes from the router's address, and what routers behind it say comes from themselves. When the router is not on the path between
/// vantage and target, the target's answers do not pass it, so the port stays silent.
/// </para>
/// <para>Loss, delay and limits of ICMP errors are no part of the truth: a perfect scanner waits and asks again.</para>
/// </remarks>
public sealed class LabTruth
{
    private readonly ProbeWalk _walk;
    private readonly List<TruthSpan> _spans;

    private LabTruth(LabTopology topology, VantageSpec vantage)
    {
        (Topology, Vantage) = (topology, vantage);
        _spans = SpanCutter.Cut(topology, vantage);
        _walk = new ProbeWalk(topology, vantage, PathTable.Create(topology), FindSpan);
    }

    /// <summary>The lab.</summary>
    public LabTopology Topology { get; }

    /// <summary>Where the scanner stands.</summary>
    public VantageSpec Vantage { get; }

    /// <summary>
    /// All addresses of the lab that the vantage has a family for, ascending. Their number grows with the topology's text, not with its
    /// hosts.
    /// </summary>
    public IReadOnlyList<TruthSpan> Spans => _spans;

    /// <summary>Makes the truth of a topology.</summary>
    /// <exception cref="PortolanException">There is no place for the vantage.</exception>
    public static LabTruth Create(LabTopology topology) => new(topology, topology.ResolveVantage());

    /// <summary>Finds the span of an address; false when it is not in the lab.</summary>
    public bool TryFind(InternetAddress address, [NotNullWhen(true)] out TruthSpan? span)
    {
        span = FindSpan(address);
        return span is not null;
    }

    /// <summary>The truth of ports of a span. It is computed anew each time; none for the vantage itself.</summary>
    /// <param name="span">The span.</param>
    /// <param name="type">How the ports are asked.</param>
    /// <param name="ports">Which ports.</param>
    public IReadOnlyList<PortTruth> PortsOf(TruthSpan span, ProbeType type, PortSet ports)
    {
        ArgumentNullException.ThrowIfNull(span);
        ArgumentNullException.ThrowIfNull(ports);
        return span.Role == AddressRole.Vantage ? [] : _walk.Judge(span, type, ports);
    }

    /// <summary>The truth of one port; <c>null</c> for an address that is not in the lab or is the vantage's own.</summary>
    public PortTruth? PortOf(InternetAddress address, ProbeType type, PortNumber port) =>
        FindSpan(address) is { } span && PortsOf(span, type, new PortSet(port)) is [var truth, ..] ? truth : null;

    /// <summary>Whether the addresses of a span answer echo requests that come from the vantage.</summary>
    public bool AnswersPing(TruthSpan span)
    {
        ArgumentNullException.ThrowIfNull(span);
        return span.Role is AddressRole.Host or AddressRole.Router && span.Host?.AnswersPing != false && _walk.PassesPing(span);
    }

    private TruthSpan? FindSpan(InternetAddress address)
    {
        var (low, high) = (0, _spans.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (_spans[middle].Addresses.Last < address)
            {
                low = middle + 1;
            }
            else if (_spans[middle].Addresses.First > address)
            {
                high = middle - 1;
            }
            else
            {
                return _spans[middle];
            }
        }

        return null;
    }
}
