using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Transport.Links;

/// <summary>A capture file that several links write into.</summary>
/// <remarks>Any threads.</remarks>
public sealed class CaptureFile
{
    private readonly Lock _lock = new();
    private readonly PcapngWriter _writer;
    private readonly TimeProvider _time;
    private readonly ulong _origin;

    /// <summary>Starts a file.</summary>
    /// <param name="stream">Where it goes; the caller closes it, after the links.</param>
    /// <param name="time">What the frames' timestamps count in.</param>
    /// <param name="origin">The time of day at timestamp 0.</param>
    public CaptureFile(Stream stream, TimeProvider time, DateTimeOffset origin)
    {
        _writer = new PcapngWriter(stream, "Portolan");
        _time = time;
        _origin = (ulong)(origin - DateTimeOffset.UnixEpoch).Ticks * TimeSpan.NanosecondsPerTick;
    }

    /// <summary>Describes an interface; its number is for writing.</summary>
    /// <param name="name">Such as <c>eth0</c>.</param>
    /// <param name="layer">What its frames start with.</param>
    /// <param name="description">What it is, for people; <c>null</c> to say nothing.</param>
    public int AddInterface(string name, LinkLayer layer, string? description = null)
    {
        lock (_lock)
        {
            return _writer.AddInterface(name, layer, description);
        }
    }

    /// <summary>Writes a frame as of now.</summary>
    public void Write(int interfaceNumber, ReadOnlySpan<byte> frame, FrameDirection direction, string? comment) =>
        Write(interfaceNumber, frame, direction, comment, _time.GetTimestamp());

    /// <summary>Writes a frame.</summary>
    /// <param name="interfaceNumber">From <see cref="AddInterface"/>.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="direction">Which way it went.</param>
    /// <param name="comment">What to say about it.</param>
    /// <param name="timestamp">When, as the time provider counts.</param>
    public void Write(int interfaceNumber, ReadOnlySpan<byte> frame, FrameDirection direction, string? comment, long timestamp)
    {
        lock (_lock)
        {
            _writer.Write(interfaceNumber, _origin + (ulong)_time.InstantOf(timestamp).Nanoseconds, frame, direction, comment: comment);
        }
    }
}
