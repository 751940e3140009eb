using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Running.Outside;
using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running;

/// <summary>What all parts of a running lab have together.</summary>
internal sealed class LabEnvironment
{
    private const ulong FaultDomain = 0x6661_756c_7473;

    internal required LabLoop Loop { get; init; }

    internal required PacketLog Log { get; init; }

    internal required FramePool Frames { get; init; }

    /// <summary>What fragments are kept in until they are whole packets.</summary>
    internal required FragmentMemory Fragments { get; init; }

    /// <summary>What all chance comes from.</summary>
    internal required ulong Seed { get; init; }

    /// <summary>Chance, drawn in the order in which the lab is built: not for what happens while it runs.</summary>
    internal required KeyedRandom Random { get; init; }

    internal required ILabDirectory Directory { get; init; }

    /// <summary>Finds addresses for stacks when nothing asks a name server.</summary>
    internal required INameResolver Resolver { get; init; }

    internal required LabAuthority Certificates { get; init; }

    internal required SharedServices Shared { get; init; }

    /// <summary>Where its servers read and write datagrams.</summary>
    internal DatagramRoom Datagrams { get; } = new();

    /// <summary>What speaks from outside; <c>null</c> when nothing may.</summary>
    internal OutsideWorld? Outside { get; init; }

    /// <summary>Ends with the lab.</summary>
    internal required CancellationToken Stopping { get; init; }

    internal LabClock Clock => Loop.Clock;

    /// <summary>The link of an end of a segment, with what happens on the way.</summary>
    internal IPacketLink Wrap(SegmentMember member, LinkQuality quality)
    {
        IPacketLink link = new SegmentLink(member, Frames, quality.Mtu);
        var isShaped = member.Shaping.Count > 0 && quality.Bandwidth > 0;
        var bandwidth = isShaped ? 0 : quality.Bandwidth;
        if (quality != LinkQuality.Perfect with { Mtu = quality.Mtu, Bandwidth = quality.Bandwidth - bandwidth })
        {
            var profile = new FaultProfile { Delay = quality.Latency, Jitter = quality.Jitter, Loss = quality.Loss, Bandwidth = bandwidth };
            link = new FaultLink(link, profile, FaultSeedOf(member), Clock, FaultKeying.Flow)
            {
                Observer = (frame, in report) =>
                {
                    if (report.IsLost)
                    {
                        Lose(member, frame, Log.IsOn ? $"{report}" : null);
                    }
                },
            };
        }

        return isShaped
            ? new ShapingLink(link, quality.Bandwidth, member.Shaping, Clock, frame => Lose(member, frame, "its queue is full"))
            : link;
    }

    /// <summary>What the faults of an end are drawn from: the lab's seed and the names, so that it is no matter when who wakes.</summary>
    private ulong FaultSeedOf(SegmentMember member)
    {
        var words = new List<ulong> { FaultDomain };
        foreach (var text in new[] { member.Segment.Name, member.Name })
        {
            words.Add((ulong)text.Length);
            words.AddRange(text.Select(static c => (ulong)c));
        }

        return SipHash.FromSeed(Seed).Of([.. words]);
    }

    private void Lose(SegmentMember member, ReadOnlySpan<byte> packet, string? why) =>
        Log.Write(member.Segment, member, null, packet, WireOutcome.Lost, why);
}
