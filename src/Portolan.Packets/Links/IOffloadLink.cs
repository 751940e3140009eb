namespace Portolan.Packets.Links;

/// <summary>
/// A link that does part of the stack's work. Its senders are <see cref="IOffloadSender"/>s; its receivers know
/// <see cref="IOffloadSink"/>s.
/// </summary>
public interface IOffloadLink : IPacketLink
{
    /// <summary>What it does.</summary>
    LinkOffload Offload { get; }
}

/// <summary>
/// Takes received frames together with what the link vouches for. To a sink that does not ask, frames come with whole checksums.
/// </summary>
public interface IOffloadSink : IFrameSink
{
    /// <summary>One frame as it came; of TCP it may be a super-segment longer than the link's MTU.</summary>
    /// <param name="frame">The frame from the link's header on.</param>
    /// <param name="timestamp">When it came, in ticks of the <see cref="TimeProvider"/> that the link was made with.</param>
    /// <param name="isChecksumKnown">Whether the transport checksum need not be looked at; it may be partial then
    /// (<see cref="PartialChecksum"/>).</param>
    void OnFrame(ReadOnlySpan<byte> frame, long timestamp, bool isChecksumKnown);
}
