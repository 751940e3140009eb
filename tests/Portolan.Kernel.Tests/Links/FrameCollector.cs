using System.Diagnostics;
using Portolan.Packets.Links;

namespace Portolan.Kernel.Tests.Links;

/// <summary>Keeps a copy of each received frame.</summary>
internal sealed class FrameCollector : IFrameSink
{
    internal List<byte[]> Frames { get; } = [];

    internal List<long> Timestamps { get; } = [];

    public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
    {
        Frames.Add(frame.ToArray());
        Timestamps.Add(timestamp);
    }

    /// <summary>Receives until a condition holds, or ten seconds are over.</summary>
    internal bool ReceiveUntil(IFrameReceiver receiver, Func<bool> isEnough)
    {
        var watch = Stopwatch.StartNew();
        while (!isEnough() && watch.Elapsed < TimeSpan.FromSeconds(10))
        {
            receiver.Receive(this, TimeSpan.FromMilliseconds(200));
        }

        return isEnough();
    }
}
