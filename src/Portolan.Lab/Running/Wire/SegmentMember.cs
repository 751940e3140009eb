using System.Diagnostics.CodeAnalysis;
using Portolan.Lab.Running.Places;
using Portolan.Lab.Running.Time;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// One end of a segment: a host, a range of hosts, a router's interface or the vantage, with the packets that wait for it.
/// </summary>
internal sealed class SegmentMember(Segment segment, string name, LabLoop loop)
{
    /// <summary>Packets that may wait; those that come then are lost, as in a full receive ring.</summary>
    private const int Capacity = 16_384;

    /// <summary>Bytes that may wait: as much as so many packets of the usual length.</summary>
    private const long MostBytes = 64L << 20;

    private Queue<LabFrame>? _waiting;
    private FragmentGatherer? _arriving;
    private FragmentGatherer? _leaving;
    private Dictionary<InternetAddress, HostNamespace>? _places;
    private long _bytes;

    internal Segment Segment => segment;

    /// <summary>Whose end it is.</summary>
    internal string Name => name;

    /// <summary>Whether it passes packets on.</summary>
    internal bool IsRouter { get; init; }

    /// <summary>Of a router: its addresses on all segments.</summary>
    internal IReadOnlySet<InternetAddress>? Addresses { get; init; }

    /// <summary>Who goes first of what leaves here.</summary>
    internal IReadOnlyList<Topology.ShapingClass> Shaping { get; set; } = [];

    /// <summary>Who runs when packets came.</summary>
    internal required LabPart Owner { get; init; }

    /// <summary>Decides about packets that come; <c>null</c> to take all.</summary>
    internal IPacketGate? Gate { get; set; }

    /// <summary>
    /// Whether a socket here receives datagrams to all of the network that are for a UDP port; <c>null</c> when none does.
    /// </summary>
    internal Func<ushort, bool>? HearsPort { get; set; }

    /// <summary>Kernels that stand at the place of a host, by its address.</summary>
    internal Dictionary<InternetAddress, HostNamespace> Places => _places ??= [];

    /// <summary>Answers packets that are refused. When its owner runs; the frame is valid during the call.</summary>
    internal Action<LabFrame>? Refuse { get; set; }

    /// <summary>Packets lost for want of room.</summary>
    internal long Overflows { get; private set; }

    /// <summary>What fragments are kept in; of members with a gate.</summary>
    internal FragmentMemory? Fragments { get; init; }

    /// <summary>Puts fragments together that come.</summary>
    internal FragmentGatherer Arriving => _arriving ??= new FragmentGatherer(Fragments!, this);

    /// <summary>Puts fragments together that leave.</summary>
    internal FragmentGatherer Leaving => _leaving ??= new FragmentGatherer(Fragments!, member: null);

    internal bool HasFrames => _waiting is { Count: > 0 };

    /// <summary>Whether an address is a router's own.</summary>
    internal bool Owns(InternetAddress address) => Addresses?.Contains(address) == true;

    /// <summary>The kernel at a host's place that a packet is for; <c>null</c> when it is for the host.</summary>
    internal HostNamespace? PlaceFor(InternetAddress destination, ReadOnlySpan<byte> packet) =>
        _places is not null && _places.TryGetValue(destination, out var place) && place.Claims(packet) ? place : null;

    internal bool TryTake([NotNullWhen(true)] out LabFrame? frame)
    {
        frame = null;
        if (_waiting is null || !_waiting.TryDequeue(out frame))
        {
            return false;
        }

        _bytes -= frame.Buffer.Length;
        return true;
    }

    /// <summary>Puts a packet into the queue; false when there is no room.</summary>
    internal bool TryGive(LabFrame frame)
    {
        _waiting ??= new Queue<LabFrame>();
        if (_waiting.Count >= Capacity || _bytes + frame.Buffer.Length > MostBytes)
        {
            Overflows++;
            return false;
        }

        _waiting.Enqueue(frame);
        _bytes += frame.Buffer.Length;
        loop.Schedule(Owner);
        return true;
    }
}
