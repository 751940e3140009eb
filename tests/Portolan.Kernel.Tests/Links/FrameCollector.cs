using System.Diagnostics;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

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

    /// <summary>Receives until a condition holds, or the time is over that anything takes.</summary>
    internal bool ReceiveUntil(IFrameReceiver receiver, Func<bool> isEnough)
    {
        var watch = Stopwatch.StartNew();
        while (!isEnough() && watch.Elapsed < Bounded.Limit)
        {
            receiver.Receive(this, TimeSpan.FromMilliseconds(200));
        }

        return isEnough();
    }
}
