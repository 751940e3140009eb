using Portolan.Lab.Running.Places;
using Portolan.Lab.Topology;
using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// A network on which members are neighbours, or a link between two routers. It finds whose a packet is and puts it there.
/// </summary>
/// <remarks>The lab's thread.</remarks>
internal sealed partial class Segment(string name, AddressPrefix? ipv4, AddressPrefix? ipv6, FramePool pool, PacketLog log)
{
    /// <summary>For people: why a host did not answer.</summary>
    private const string AtPlace = "for a program that runs at this host's place";

    private readonly Dictionary<InternetAddress, SegmentMember> _single = [];
    private readonly List<(AddressRange Range, SegmentMember Member)> _ranges = [];
    private readonly List<SegmentMember> _members = [];
    private readonly List<(SegmentMember Member, HostNamespace Place)> _places = [];
    private readonly List<(AddressPrefix Network, SegmentMember Hop)> _hops = [];
    private bool _isSorted;

    internal string Name => name;

    /// <summary>Whether it is a link between two routers: what one sends the other gets.</summary>
    internal bool IsLink => ipv4 is null && ipv6 is null;

    /// <summary>What it is, for the people who read a capture.</summary>
    internal string Description => IsLink
        ? $"link between {string.Join(" and ", _members.Select(static m => m.Name))}"
        : $"network {string.Join(", ", ((AddressPrefix?[])[ipv4, ipv6]).OfType<AddressPrefix>())}";

    internal IReadOnlyList<SegmentMember> Members => _members;

    /// <summary>Packets that were sent onto it; counted by <see cref="PacketLog"/>.</summary>
    internal long Packets { get; set; }

    /// <summary>Those that were lost on the way.</summary>
    internal long Lost { get; set; }

    /// <summary>Those for which their receiver had no room.</summary>
    internal long Overflows { get; set; }

    internal void Add(SegmentMember member) => _members.Add(member);

    /// <summary>Says whose an address is. A host that left its range goes before the range.</summary>
    internal void AddAddress(InternetAddress address, SegmentMember member) => _single[address] = member;

    internal void AddRange(AddressRange range, SegmentMember member)
    {
        _ranges.Add((range, member));
        _isSorted = false;
    }

    /// <summary>A kernel stands at the place of a member, and hears what goes to all.</summary>
    internal void AddPlace(SegmentMember member, HostNamespace place) => _places.Add((member, place));

    /// <summary>Says which neighbour packets to a distant network go to.</summary>
    internal void AddHop(AddressPrefix network, SegmentMember hop)
    {
        _hops.Add((network, hop));
        _isSorted = false;
    }

    /// <summary>Whose an address is here; <c>null</c> when none has it.</summary>
    internal SegmentMember? FindOwner(InternetAddress address) => FindNamed(address) ?? _leases?.Find(address);

    /// <summary>Whose an address is by the topology; <c>null</c> when it is unassigned.</summary>
    internal SegmentMember? FindNamed(InternetAddress address)
    {
        if (_single.TryGetValue(address, out var found))
        {
            return found;
        }

        Sort();
        var (low, high) = (0, _ranges.Count - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            var range = _ranges[middle].Range;
            if (range.First.IsIPv4 == address.IsIPv4 && range.Contains(address))
            {
                return _ranges[middle].Member;
            }

            (low, high) = range.First < address ? (middle + 1, high) : (low, middle - 1);
        }

        return null;
    }

    /// <summary>Carries a packet from one member to its receiver. The frame is the segment's from now on.</summary>
    internal void Carry(SegmentMember from, LabFrame frame)
    {
        if (from.Gate is { ChangesLeaving: true } gate)
        {
            if (FragmentGatherer.IsFragment(frame.Bytes))
            {
                CarryFragment(from, frame);
                return;
            }

            gate.Leave(frame.Bytes);
        }

        Pass(from, frame);
    }

    private void Pass(SegmentMember from, LabFrame frame)
    {
        if (!TryReadDestination(frame.Bytes, out var destination))
        {
            log.Write(this, from, null, frame.Bytes, WireOutcome.Nobody, log.IsOn ? "not an IP packet" : null);
            pool.Return(frame);
            return;
        }

        _leases?.Hear(from, frame.Bytes);
        if (destination == ToAll && !IsLink)
        {
            CarryToAll(from, frame);
            return;
        }

        if (destination.IsMulticast)
        {
            // Hosts of a lab are in no groups.
            log.Write(this, from, null, frame.Bytes, WireOutcome.Nobody, log.IsOn ? "multicast: no host of the lab is a member" : null);
            pool.Return(frame);
            return;
        }

        var to = FindReceiver(from, destination, out var isAbsent);
        if (to is not null)
        {
            Deliver(from, to, frame, destination);
            return;
        }

        log.Write(
            this, from, null, frame.Bytes, WireOutcome.Nobody,
            log.IsOn ? (isAbsent ? $"no host has the address {destination}" : $"no route to {destination}") : null);
        if (isAbsent && from.IsRouter)
        {
            frame.ReceiveAction = ReceiveAction.NobodyThere;
            Give(from, frame);
        }
        else
        {
            pool.Return(frame);
        }
    }

    private void Deliver(SegmentMember from, SegmentMember to, LabFrame frame, InternetAddress destination, bool isLogged = true)
    {
        if (to.Gate is { JudgesWhole: true } && FragmentGatherer.IsFragment(frame.Bytes))
        {
            DeliverFragment(from, to, frame, destination);
            return;
        }

        if (to.PlaceFor(destination, frame.Bytes) is { } place)
        {
            log.Write(this, from, to, frame.Bytes, WireOutcome.Taken, log.IsOn ? AtPlace : null);
            place.Give(frame);
            return;
        }

        var why = new Reason(log.IsOn && isLogged);
        if (!isLogged)
        {
            frame.ReceiveAction = to.Gate?.Judge(frame.Bytes, ref why) ?? ReceiveAction.Take;
        }
        else if (log.IsOn)
        {
            // The log shows what was on the wire, not what a router makes of it.
            var copy = pool.Rent(frame.Length);
            frame.Bytes.CopyTo(copy.Buffer);
            copy.Length = frame.Length;
            frame.ReceiveAction = to.Gate?.Judge(frame.Bytes, ref why) ?? ReceiveAction.Take;
            log.Write(this, from, to, copy.Bytes, FateOf(frame.ReceiveAction, to, destination), why.Text);
            pool.Return(copy);
        }
        else
        {
            frame.ReceiveAction = to.Gate?.Judge(frame.Bytes, ref why) ?? ReceiveAction.Take;
            log.Write(this, from, to, frame.Bytes, WireOutcome.Taken, null);
        }

        if (frame.ReceiveAction.Kind == TreatmentKind.Drop)
        {
            pool.Return(frame);
        }
        else
        {
            Give(to, frame);
        }
    }

    private static WireOutcome FateOf(ReceiveAction treatment, SegmentMember to, InternetAddress destination) => treatment.Kind switch
    {
        TreatmentKind.Drop => WireOutcome.Dropped,
        TreatmentKind.Refuse => WireOutcome.Refused,

        // Whose the address is elsewhere is not this segment's to know: a router has it when it is one of its own.
        _ => to.IsRouter && !to.Owns(destination) ? WireOutcome.PassedOn : WireOutcome.Taken,
    };

    private void Give(SegmentMember to, LabFrame frame)
    {
        if (!to.TryGive(frame))
        {
            log.CountOverflow(this);
            pool.Return(frame);
        }
    }

    private SegmentMember? FindReceiver(SegmentMember from, InternetAddress destination, out bool isAbsent)
    {
        isAbsent = false;
        if (IsLink)
        {
            return _members.Find(m => m != from);
        }

        if (ipv4?.Contains(destination) == true || ipv6?.Contains(destination) == true)
        {
            var owner = FindOwner(destination);
            isAbsent = owner is null;
            return owner == from ? null : owner;
        }

        // The longest prefix first.
        Sort();
        foreach (var (network, hop) in _hops)
        {
            if (network.Contains(destination))
            {
                return hop == from ? null : hop;
            }
        }

        // A host that is not a router asks the first one, which says that there is no way.
        return from.IsRouter ? null : _members.Find(static m => m.IsRouter);
    }

    private static bool TryReadDestination(ReadOnlySpan<byte> packet, out InternetAddress destination)
    {
        destination = default;
        if (packet.Length >= Ipv4Packet.MinHeaderLength && packet[0] >> 4 == 4)
        {
            destination = InternetAddress.FromIPv4(ReadUInt32BigEndian(packet[16..]));
            return true;
        }

        if (packet.Length >= Ipv6Packet.MinHeaderLength && packet[0] >> 4 == 6)
        {
            destination = InternetAddress.FromBytes(packet[24..40]);
            return true;
        }

        return false;
    }

    private void Sort()
    {
        if (!_isSorted)
        {
            _ranges.Sort(static (a, b) => a.Range.First.CompareTo(b.Range.First));
            _hops.Sort(static (a, b) => b.Network.Length.CompareTo(a.Network.Length));
            _isSorted = true;
        }
    }
}
