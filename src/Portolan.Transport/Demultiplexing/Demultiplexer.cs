using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Demultiplexing;

/// <summary>Whom a packet belongs to.</summary>
internal enum DemultiplexerMatch : byte
{
    /// <summary>Nobody.</summary>
    None,

    /// <summary>The flow with exactly its socket pair.</summary>
    Flow,

    /// <summary>A listener that hears its destination.</summary>
    Listener,
}

/// <summary>
/// Finds the owner of a segment or datagram of one transport protocol: the exact socket pair first (RFC 9293 section 3.1), then listeners
/// from specific to wildcard. No lookup allocates.
/// </summary>
/// <remarks>One thread at a time: each shard has its own.</remarks>
/// <typeparam name="TFlow">What a socket pair belongs to.</typeparam>
/// <typeparam name="TListener">What a listening scope belongs to.</typeparam>
/// <param name="hash">The key of the hashes; from a seed that a peer cannot know.</param>
/// <param name="capacity">Flows of each family that are held without growing.</param>
/// <param name="maxFlows">Flows of each family that may be held.</param>
internal sealed class Demultiplexer<TFlow, TListener>(SipHash hash, int capacity = 0, int maxFlows = 1 << 28)
{
    private readonly FlowTable<FlowKey4, TFlow> _flows4 = new(hash, capacity, maxFlows);
    private readonly FlowTable<FlowKey6, TFlow> _flows6 = new(hash, capacity, maxFlows);

    public ListenerTable<TListener> Listeners { get; } = new(hash);

    /// <summary>How many flows.</summary>
    public int FlowCount => _flows4.Count + _flows6.Count;

    /// <param name="local">This host's address.</param>
    /// <param name="localPort">This host's port.</param>
    /// <param name="remote">The peer's address, of the same family.</param>
    /// <param name="remotePort">The peer's port.</param>
    /// <param name="interfaceNumber">The interface; it counts only for link-local addresses.</param>
    /// <param name="flow">Whose it is.</param>
    public FlowAddition TryAddFlow(
        InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber, TFlow flow) =>
            local.IsIPv4
        ? _flows4.TryAdd(new FlowKey4(local, localPort, remote, remotePort), flow)
        : _flows6.TryAdd(new FlowKey6(local, localPort, remote, remotePort, interfaceNumber), flow);

    /// <summary>Removes a flow; false when it is not there.</summary>
    public bool TryRemoveFlow(
        InternetAddress local,
        PortNumber localPort,
        InternetAddress remote,
        PortNumber remotePort,
        int interfaceNumber,
        [MaybeNullWhen(false)] out TFlow flow) => local.IsIPv4
        ? _flows4.TryRemove(new FlowKey4(local, localPort, remote, remotePort), out flow)
        : _flows6.TryRemove(new FlowKey6(local, localPort, remote, remotePort, interfaceNumber), out flow);

    /// <summary>Asks for the memory where a flow is found.</summary>
    internal FlowPlace Prefetch(
        InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort, int interfaceNumber) => local.IsIPv4
        ? new FlowPlace(_flows4.Prefetch(new FlowKey4(local, localPort, remote, remotePort)), IsIPv4: true)
        : new FlowPlace(_flows6.Prefetch(new FlowKey6(local, localPort, remote, remotePort, interfaceNumber)), IsIPv4: false);

    /// <summary>What most likely is found there.</summary>
    internal TFlow? At(FlowPlace place) => place.Hash == 0 ? default : place.IsIPv4 ? _flows4.At(place.Hash) : _flows6.At(place.Hash);

    /// <summary>Whether a pair is a flow's.</summary>
    internal bool HasFlow(in FlowEnds ends) => ends.Local.IsIPv4
        ? _flows4.TryFind(new FlowKey4(ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort), out _)
        : _flows6.TryFind(new FlowKey6(ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort, ends.Zone), out _);

    /// <summary>Finds whose a packet is.</summary>
    /// <param name="local">Its destination.</param>
    /// <param name="localPort">Its destination port.</param>
    /// <param name="remote">Its source.</param>
    /// <param name="remotePort">Its source port.</param>
    /// <param name="interfaceNumber">Where it came in.</param>
    /// <param name="flow">Set for <see cref="DemultiplexerMatch.Flow"/>.</param>
    /// <param name="listener">Set for <see cref="DemultiplexerMatch.Listener"/>.</param>
    public DemultiplexerMatch Find(
        InternetAddress local,
        PortNumber localPort,
        InternetAddress remote,
        PortNumber remotePort,
        int interfaceNumber,
        out TFlow? flow,
        out TListener? listener)
    {
        listener = default;
        var found = local.IsIPv4
            ? _flows4.TryFind(new FlowKey4(local, localPort, remote, remotePort), out flow)
            : _flows6.TryFind(new FlowKey6(local, localPort, remote, remotePort, interfaceNumber), out flow);
        if (found)
        {
            return DemultiplexerMatch.Flow;
        }

        return Listeners.TryFind(local, localPort, interfaceNumber, out listener) ? DemultiplexerMatch.Listener : DemultiplexerMatch.None;
    }
}

/// <summary>Where a flow is, if it is there.</summary>
/// <param name="Hash">The hash of its key; 0 for nowhere.</param>
/// <param name="IsIPv4">In which table.</param>
internal readonly record struct FlowPlace(uint Hash, bool IsIPv4);

/// <summary>Both ends of a flow, as this host sees them.</summary>
/// <param name="Local">This host's address.</param>
/// <param name="LocalPort">This host's port.</param>
/// <param name="Remote">The peer's address, of the same family.</param>
/// <param name="RemotePort">The peer's port.</param>
/// <param name="Zone">The interface's number; it counts only for link-local addresses.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct FlowEnds(
    InternetAddress Local, PortNumber LocalPort, InternetAddress Remote, PortNumber RemotePort, int Zone);
