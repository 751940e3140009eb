using System.Numerics;
using Portolan.Packets;

namespace Portolan.Transport.Tcp.Core;

/// <summary>What a SYN offers.</summary>
/// <param name="SegmentSize">MSS.</param>
/// <param name="WindowScale">The shift, or -1.</param>
/// <param name="HasSack">Whether SACK is permitted.</param>
/// <param name="HasTimestamps">Whether it has timestamps.</param>
/// <param name="Timestamp">TSval.</param>
/// <param name="TimestampEcho">TSecr.</param>
internal readonly record struct TcpSynOffer(int SegmentSize, int WindowScale, bool HasSack, bool HasTimestamps, uint Timestamp, uint TimestampEcho);

/// <summary>Writes the options of SYNs in the order of a profile, and answers what the profile offers at all.</summary>
internal sealed class TcpSynLayout
{
    private readonly TcpSynOption[] _order;
    private readonly bool _padsAtEnd;

    internal TcpSynLayout(TcpProfile profile)
    {
        _order = [.. profile.SynOptions];
        _padsAtEnd = profile.PadsOptionsAtEnd;
        HasSack = _order.Contains(TcpSynOption.SackPermitted);
        HasTimestamps = _order.Contains(TcpSynOption.Timestamps);
        HasWindowScale = _order.Contains(TcpSynOption.WindowScale);

        // RFC 7323 section 2.3: at most 14. The least shift that can tell the largest buffer.
        var least = Math.Max(0, BitOperations.Log2((uint)Math.Max(1, profile.MaxReceiveBuffer - 1)) + 1 - 16);
        WindowScale = HasWindowScale ? Math.Min(profile.WindowScale ?? least, 14) : 0;
    }

    internal bool HasSack { get; }

    internal bool HasTimestamps { get; }

    internal bool HasWindowScale { get; }

    /// <summary>The shift that is offered.</summary>
    internal int WindowScale { get; }

    /// <summary>Writes the options of a SYN, MSS among them (RFC 9293 section 3.7.1, SHLD-5, MAY-3; in no other segment, section 3.1, MUST-65). Returns their length.</summary>
    internal int Write(Span<byte> buffer, in TcpSynOffer offer)
    {
        var writer = new TcpOptionsWriter(buffer);
        for (var i = 0; i < _order.Length; i++)
        {
            if (LengthOf(_order[i], offer) is var length && length > 0)
            {
                PadBefore(ref writer, i, length, offer);
                Add(ref writer, _order[i], offer);
            }
        }

        return writer.Pad();
    }

    private static int LengthOf(TcpSynOption option, in TcpSynOffer offer) => option switch
    {
        TcpSynOption.MaximumSegmentSize => 4,
        TcpSynOption.SackPermitted => offer.HasSack ? 2 : 0,
        TcpSynOption.Timestamps => offer.HasTimestamps ? 10 : 0,
        _ => offer.WindowScale >= 0 ? 3 : 0,
    };

    private static void Add(ref TcpOptionsWriter writer, TcpSynOption option, in TcpSynOffer offer)
    {
        switch (option)
        {
            case TcpSynOption.MaximumSegmentSize:
                writer.AddMaximumSegmentSize((ushort)offer.SegmentSize);
                break;
            case TcpSynOption.SackPermitted:
                writer.AddSackPermitted();
                break;
            case TcpSynOption.Timestamps:
                writer.AddTimestamps(offer.Timestamp, offer.TimestampEcho);
                break;
            default:
                writer.AddWindowScale((byte)offer.WindowScale);
                break;
        }
    }

    /// <summary>Options end on a word. SACK permitted and timestamps make whole words together.</summary>
    private void PadBefore(ref TcpOptionsWriter writer, int index, int length, in TcpSynOffer offer)
    {
        var next = index + 1 < _order.Length ? LengthOf(_order[index + 1], offer) : 0;
        if (_padsAtEnd && _order[index] == TcpSynOption.Timestamps)
        {
            while (writer.Length % 4 != 2)
            {
                writer.AddNoOperation();
            }

            return;
        }

        if (_padsAtEnd && _order[index] == TcpSynOption.WindowScale)
        {
            while (writer.Length % 2 != 1)
            {
                writer.AddNoOperation();
            }

            return;
        }

        if ((length + next) % 4 == 0 || (_padsAtEnd && next == 0))
        {
            return;
        }

        while ((writer.Length + length) % 4 != 0)
        {
            writer.AddNoOperation();
        }
    }
}
