using System.Numerics;
using Portolan.Packets;
using Portolan.Transport.Tcp.FastOpen;

namespace Portolan.Transport.Tcp.Core;

/// <param name="SegmentSize">MSS.</param>
/// <param name="WindowScale">The shift, or -1.</param>
/// <param name="HasSack">Whether SACK is permitted.</param>
/// <param name="HasTimestamps">Whether it has timestamps.</param>
/// <param name="Timestamp">TSval.</param>
/// <param name="TimestampEcho">TSecr.</param>
internal readonly record struct TcpSynOffer(
    int SegmentSize, int WindowScale, bool HasSack, bool HasTimestamps, uint Timestamp, uint TimestampEcho);

/// <summary>Writes the options of SYNs in the order of a profile, and answers what the profile offers at all.</summary>
internal sealed class TcpSynLayout
{
    private const int Shapes = 8;

    private readonly TcpSynOption[] _order;
    private readonly bool _padsAtEnd;

    /// <summary>Options of SYNs that differ in their values only, made when the first of them is written.</summary>
    private SynTemplate?[]? _templates;

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

    /// <summary>
    /// Writes the options of a SYN, MSS among them (RFC 9293 section 3.7.1, SHLD-5, MAY-3; in no other segment, section 3.1, MUST-65).
    /// Returns their length.
    /// </summary>
    /// <param name="buffer">Where they go.</param>
    /// <param name="offer">What is offered.</param>
    /// <param name="cookie">A Fast Open cookie, or one of no length to ask for one (RFC 7413 section 4.1.1); behind all others, as with
    /// Linux and FreeBSD.</param>
    internal int Write(Span<byte> buffer, in TcpSynOffer offer, FastOpenCookie? cookie = null)
    {
        if (cookie is not { } known)
        {
            _templates ??= new SynTemplate?[Shapes];
            return (_templates[ShapeOf(offer)] ??= MakeTemplate(offer)).Write(buffer, offer);
        }

        var writer = new TcpOptionsWriter(buffer);
        AddAll(ref writer, offer);
        Span<byte> bytes = stackalloc byte[TcpFastOpen.MaxCookieLength];
        writer.AddFastOpen(bytes[..known.CopyTo(bytes)]);
        while (!_padsAtEnd && writer.Length % 4 != 0)
        {
            writer.AddNoOperation();
        }

        return writer.Pad();
    }

    private static int ShapeOf(in TcpSynOffer offer) =>
        (offer.HasSack ? 1 : 0) | (offer.HasTimestamps ? 2 : 0) | (offer.WindowScale >= 0 ? 4 : 0);

    private SynTemplate MakeTemplate(in TcpSynOffer offer)
    {
        Span<byte> bytes = stackalloc byte[TcpOptionsWriter.MaxLength];
        var writer = new TcpOptionsWriter(bytes);
        var places = AddAll(ref writer, offer);
        return new SynTemplate(bytes[..writer.Pad()].ToArray(), places);
    }

    /// <summary>Returns where the values are that differ from SYN to SYN.</summary>
    private SynPlaces AddAll(ref TcpOptionsWriter writer, in TcpSynOffer offer)
    {
        var places = default(SynPlaces);
        for (var i = 0; i < _order.Length; i++)
        {
            if (LengthOf(_order[i], offer) is var length && length > 0)
            {
                PadBefore(ref writer, i, length, offer);
                places = places.With(_order[i], writer.Length + 2);
                Add(ref writer, _order[i], offer);
            }
        }

        return places;
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
