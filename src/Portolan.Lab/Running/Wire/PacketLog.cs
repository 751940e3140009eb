using Portolan.Lab.Running.Time;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running.Wire;

/// <summary>Hears of every packet that crosses a segment. Called on the lab's thread; the bytes are valid during the call.</summary>
/// <param name="packet">What is known of it.</param>
/// <param name="bytes">The IP packet.</param>
public delegate void PacketObserver(in PacketEvent packet, ReadOnlySpan<byte> bytes);

/// <summary>A packet that crossed a segment, or was lost on it.</summary>
/// <param name="Time">When it arrived, or was lost.</param>
/// <param name="Segment">The network, or the link as <c>FIRST-SECOND</c>.</param>
/// <param name="From">Who sent it onto the segment.</param>
/// <param name="To">Who got it; <c>null</c> for none.</param>
/// <param name="Fate">What became of it there.</param>
/// <param name="Why">Why it was answered or dropped; <c>null</c> when there is nothing to say.</param>
public readonly record struct PacketEvent(Transport.Instant Time, string Segment, string From, string? To, WireOutcome Fate, string? Why);

/// <summary>What became of a packet on a segment.</summary>
public enum WireOutcome : byte
{
    /// <summary>Its receiver took it.</summary>
    Taken,

    /// <summary>Its receiver took it to pass it on.</summary>
    PassedOn,

    /// <summary>Its receiver dropped it.</summary>
    Dropped,

    /// <summary>Its receiver refused it with an error or a RST.</summary>
    Refused,

    /// <summary>No host has the address.</summary>
    Nobody,

    /// <summary>It was lost on the way.</summary>
    Lost,
}

/// <summary>What crosses the segments of a lab: told to observers, written into a capture file.</summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class PacketLog(LabClock clock)
{
    private readonly Dictionary<Segment, int> _interfaces = [];
    private CaptureFile? _capture;
    private CaptureView _view = CaptureView.Once;
    private JourneyCapture? _journeys;

    /// <summary>Whether anybody reads it, so that reasons are worth their words.</summary>
    internal bool IsOn => _capture is not null || Observer is not null;

    internal PacketObserver? Observer { get; set; }

    /// <summary>Packets that crossed a segment.</summary>
    internal long Packets { get; private set; }

    /// <summary>Packets lost because their receiver had no room.</summary>
    internal long Overflows { get; private set; }

    /// <summary>Writes packets into a capture file, with an interface for each segment; the caller closes the stream.</summary>
    internal void WriteTo(Stream stream, CaptureView view, IEnumerable<Segment> segments)
    {
        _capture = new CaptureFile(stream, clock, clock.Origin);
        _view = view;
        _journeys = view.IsOnce ? new JourneyCapture(_capture, segment => _interfaces[segment]) : null;
        foreach (var segment in segments.Where(view.Shows))
        {
            _interfaces.Add(segment, _capture.AddInterface(segment.Name, LinkLayer.Ip, segment.Description));
        }
    }

    /// <summary>
    /// Gives the capture a cable besides the segments, which carries Ethernet frames. Returns its number for <see cref="WriteFrame"/>.
    /// </summary>
    internal int AddCable(string name) => _capture?.AddInterface(name, LinkLayer.Ethernet, $"Ethernet cable {name}") ?? 0;

    /// <summary>Writes a frame that goes over a cable.</summary>
    /// <param name="cable">From <see cref="AddCable"/>.</param>
    /// <param name="name">The cable's name.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="from">The machine that sends it.</param>
    /// <param name="to">The machine at the other end.</param>
    /// <param name="isOfSender">Whether the sender made what is in it, and passes on nothing.</param>
    internal void WriteFrame(int cable, string name, ReadOnlySpan<byte> frame, string from, string to, bool isOfSender)
    {
        if (_view.TakesFrame(name, from, to, isOfSender))
        {
            _capture?.Write(cable, frame, FrameDirection.Unknown, $"{from} > {to}");
        }
    }

    internal void CountOverflow(Segment segment)
    {
        Overflows++;
        segment.Overflows++;
    }

    internal void Write(Segment segment, SegmentMember from, SegmentMember? to, ReadOnlySpan<byte> packet, WireOutcome fate, string? why)
    {
        Packets++;
        segment.Packets++;
        segment.Lost += fate == WireOutcome.Lost ? 1 : 0;
        if (!IsOn)
        {
            return;
        }

        Observer?.Invoke(new PacketEvent(clock.Now, segment.Name, from.Name, to?.Name, fate, why), packet);
        if (_journeys is not null)
        {
            _journeys.See(segment, from, to, packet, fate, why, clock.GetTimestamp());
        }
        else if (_capture is not null && _view.Takes(segment, from, to, packet, fate))
        {
            Capture(segment, from, to, packet, why);
        }
    }

    /// <summary>Writes what the capture still keeps back. No packet crosses a segment any more.</summary>
    internal void Finish() => _journeys?.Finish();

    /// <summary>What a capture says of a packet.</summary>
    internal static string CommentOf(SegmentMember from, SegmentMember? to, string? why) =>
        why is null ? $"{from.Name} > {to?.Name ?? "nobody"}" : $"{from.Name} > {to?.Name ?? "nobody"}: {why}";

    /// <summary>
    /// One more member hears a packet to all, which has been written once: it is in the capture of that member's own view.
    /// </summary>
    internal void WriteEar(Segment segment, SegmentMember from, SegmentMember to, ReadOnlySpan<byte> packet)
    {
        if (_capture is not null && _view.TakesEar(to))
        {
            Capture(segment, from, to, packet, why: null);
        }
    }

    private void Capture(Segment segment, SegmentMember from, SegmentMember? to, ReadOnlySpan<byte> packet, string? why) =>
        _capture!.Write(_interfaces[segment], packet, FrameDirection.Unknown, CommentOf(from, to, why));
}
