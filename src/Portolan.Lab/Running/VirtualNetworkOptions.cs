using Portolan.Lab.Running.Wire;
using Portolan.Packets.Links;
using Portolan.Transport;

namespace Portolan.Lab.Running;

/// <summary>How a lab runs.</summary>
public sealed record VirtualNetworkOptions
{
    /// <summary>What all chance comes from; <c>null</c> for the topology's own.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Whether time jumps from event to event instead of passing: for scenarios and tests. A vantage needs real time.</summary>
    public bool IsVirtualTime { get; init; }

    /// <summary>
    /// Where packets are captured as pcapng, one interface for each segment, with a comment each; <c>null</c> for nowhere. The caller
    /// closes it after the lab.
    /// </summary>
    public Stream? Capture { get; init; }

    /// <summary>Which packets are captured; by default each once.</summary>
    public CaptureView CaptureView { get; init => field = Allowed.NotNull(value); } = CaptureView.Once;

    /// <summary>Hears of every packet, on the lab's thread; <c>null</c> for none.</summary>
    public PacketObserver? Observer { get; init; }

    /// <summary>
    /// Whether ports may run programs (<see cref="Topology.ExecPort"/>) and reach Unix sockets of this machine
    /// (<see cref="Topology.ProxyPort"/>). Otherwise a lab that has such ports is refused.
    /// </summary>
    public bool AllowExec { get; init; }

    /// <summary>The environment of such programs; <c>null</c> for this process's own.</summary>
    public IReadOnlyDictionary<string, string>? ExecEnvironment { get; init; }

    /// <summary>
    /// The link to the world outside, such as a TUN device; <c>null</c> for none. It carries IP packets, stands where the topology's
    /// vantage is, and is disposed with the lab.
    /// </summary>
    public IPacketLink? Vantage { get; init; }
}
