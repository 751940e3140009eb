using System.Diagnostics.CodeAnalysis;
using Portolan.Packets.Links;

namespace Portolan.Packetdrill;

/// <summary>
/// The link: what the stack sends waits here until packetdrill takes it, each packet with the microsecond it was sent in.
/// </summary>
internal sealed class FrameQueue(Func<long> microseconds) : IOffloadSender
{
    private const int MaxWaiting = 100_000;

    private readonly byte[] _room = new byte[66_000];
    private readonly Queue<(byte[] Packet, long Microseconds)> _waiting = new();

    /// <summary>Whether it takes nothing, as under a queue of length 0.</summary>
    internal bool IsShut { get; set; }

    public Span<byte> Reserve() => _waiting.Count < MaxWaiting && !IsShut ? _room : default;

    public void Commit(int length) => Commit(length, default);

    public void Commit(int length, in FrameOffload offload) =>
        SuperSegment.Cut(_room.AsSpan(0, length), offload, packet => _waiting.Enqueue((packet, microseconds())));

    public SendReport Flush() => new(0, 0, SendFailure.None, 0);

    public void Dispose()
    {
    }

    internal bool TryTake([NotNullWhen(true)] out byte[]? packet, out long sentAt)
    {
        var isAny = _waiting.TryDequeue(out var next);
        (packet, sentAt) = next;
        return isAny;
    }
}
