using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>What the fate of a frame is drawn by.</summary>
public enum FaultKeying : byte
{
    /// <summary>Its number among all frames of the link: a run of nothing but the stack repeats bit for bit.</summary>
    Order,

    /// <summary>
    /// Its flow and its number within the flow: flows whose frames real threads interleave in any order each meet the same faults again.
    /// </summary>
    Flow,
}

/// <summary>
/// Draws for each frame: keyed hashes of the seed, the frame's name and a count, so that what one frame draws never shifts another's.
/// </summary>
internal sealed class FaultKeys(ulong seed, FaultKeying keying, LinkLayer layer)
{
    private const int MaxFlows = 1 << 16;

    private readonly SipHash _hash = SipHash.FromSeed(seed);
    private readonly Dictionary<ulong, ulong> _counts = [];
    private ulong _frame;
    private ulong _order;
    private ulong _draw;

    /// <summary>Turns to the next frame.</summary>
    internal void Begin(ReadOnlySpan<byte> frame)
    {
        _draw = 0;
        if (keying == FaultKeying.Order)
        {
            _frame = _order++;
            return;
        }

        var flow = FlowOf(frame);
        var count = _counts.GetValueOrDefault(flow);
        if (_counts.Count < MaxFlows || count > 0)
        {
            _counts[flow] = count + 1;
        }

        _frame = _hash.Of(flow, count);
    }

    /// <summary>A number from 0 up to, but not, 1.</summary>
    internal double Next() => (_hash.Of(_frame, ++_draw) >> 11) * (1.0 / (1UL << 53));

    internal bool Happens(double chance) => chance > 0 && Next() < chance;

    internal int Below(int limit) => (int)(Next() * limit);

    private ulong FlowOf(ReadOnlySpan<byte> frame)
    {
        var packet = layer == LinkLayer.Ethernet && EthernetFrame.TryRead(frame, out var ethernet) ? ethernet.Payload : frame;
        if (!QuotedPacket.TryRead(packet, out var parts))
        {
            return 0;
        }

        var (source, destination) = (parts.Source, parts.Destination);
        var ports = parts.HasPorts ? ((ulong)parts.SourcePort.Value << 16) | parts.DestinationPort.Value : 0;
        return _hash.Of([source.UpperBits, source.LowerBits, destination.UpperBits, destination.LowerBits, ports, (ulong)parts.Protocol]);
    }
}
