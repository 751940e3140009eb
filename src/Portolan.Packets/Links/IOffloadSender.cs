namespace Portolan.Packets.Links;

/// <summary>
/// A sender whose link completes checksums or cuts super-segments into packets, as a TUN device with a virtio header does.
/// </summary>
public interface IOffloadSender : IFrameSender
{
    /// <summary>
    /// Takes the first <paramref name="length"/> bytes of what <see cref="IFrameSender.Reserve"/> gave as the next frame, with work left to
    /// do.
    /// </summary>
    void Commit(int length, in FrameOffload offload);
}

/// <summary>
/// What the link has still to do to a frame; <c>default</c> for nothing. The fields are virtio's (<c>struct virtio_net_hdr</c>).
/// </summary>
/// <param name="ChecksumStart">Where the transport header starts in the frame.</param>
/// <param name="ChecksumOffset">Where the checksum lies in the transport header; it holds the sum of the pseudo header
/// (<see cref="PartialChecksum"/>).</param>
/// <param name="SegmentSize">Payload bytes of each packet to be cut; 0 when the frame is one packet.</param>
/// <param name="HeaderLength">Bytes of all headers of a frame to be cut, repeated in each packet.</param>
/// <param name="IsIPv4">The family of a frame to be cut.</param>
public readonly record struct FrameOffload(
    int ChecksumStart, int ChecksumOffset, int SegmentSize = 0, int HeaderLength = 0, bool IsIPv4 = false)
{
    /// <summary>Whether nothing is left to do.</summary>
    public bool IsNone => ChecksumStart == 0 && SegmentSize == 0;
}
