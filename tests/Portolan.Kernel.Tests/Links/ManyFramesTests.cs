using System.Buffers.Binary;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.Links;

public sealed class ManyFramesTests
{
    /// <summary>More than are sent with sendmmsg before AF_XDP takes over.</summary>
    private const int Count = 40_000;

    [Theory]
    [InlineData(1)]
    [InlineData(3)]
    public void Frames_of_all_lengths_arrive_as_they_were_sent_whoever_sends_them(int senders)
    {
        using var pair = LabPair.Create();
        var hardware = TestPackets.HardwareAddress(pair.Target, "eth0");
        var (ours, theirs) = (TestPackets.Address("198.18.0.1"), TestPackets.Address("198.18.0.2"));
        using var there = pair.Target.Run(() => new KernelNetwork(TimeProvider.System));
        using var back = pair.Target.Run(() => there.Open(there.FindRoute(ours).Route!));
        using var receiver = pair.Target.Run(() => back.OpenReceiver(TestPackets.FilterFor(theirs)));
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            using var link = network.Open(network.FindRoute(theirs).Route!);
            var template = TestPackets.Frame(TestPackets.Syn(ours, theirs, 4000, 80), hardware, link.HardwareAddress);
            var collector = new Checker(template);
            var threads = new List<TestThread>();
            for (var i = 0; i < senders; i++)
            {
                var number = i;
                threads.Add(new TestThread("a sender of frames", () =>
                {
                    using var sender = link.OpenSender();
                    SendAll(sender, template, number * Count, collector);
                }));
            }

            Assert.True(
                collector.ReceiveAll(receiver, senders * Count),
                $"{collector.Seen} of {senders * Count} came, {collector.Wrong} were wrong, {receiver.Dropped} were dropped");
            threads.ForEach(thread => thread.Join());
            Assert.Equal((0, 0L), (collector.Wrong, receiver.Dropped));
        });
    }

    // Not faster than the receiver takes them: the ring is no part of this test.
    private static void SendAll(IFrameSender sender, byte[] template, int first, Checker checker)
    {
        for (var next = first; next < first + Count;)
        {
            var batch = 0;
            for (var slot = sender.Reserve(); !slot.IsEmpty && next < first + Count; slot = sender.Reserve(), next++, batch++)
            {
                sender.Commit(Checker.Write(slot, template, next));
            }

            var report = sender.Flush();
            Assert.Equal(new SendReport(batch, 0, SendFailure.None, 0), report);
            checker.WaitUntilTaken(batch);
        }
    }

    /// <summary>Writes frames whose number gives all their bytes, and checks those that come.</summary>
    private sealed class Checker(byte[] template) : IFrameSink
    {
        private const int MostUnderway = 2000;

        private readonly HashSet<int> _numbers = [];
        private long _underway;

        internal int Seen => _numbers.Count;

        internal int Wrong { get; private set; }

        internal static int Write(Span<byte> slot, byte[] template, int number)
        {
            template.CopyTo(slot);
            var length = 60 + (number % 1455);
            BinaryPrimitives.WriteInt32BigEndian(slot[38..], number);
            for (var i = 54; i < length; i++)
            {
                slot[i] = (byte)(number + (i * 7));
            }

            return length;
        }

        internal void WaitUntilTaken(int batch)
        {
            Interlocked.Add(ref _underway, batch);
            SpinWait.SpinUntil(() => Interlocked.Read(ref _underway) < MostUnderway, TimeSpan.FromSeconds(10));
        }

        internal bool ReceiveAll(IFrameReceiver receiver, int count)
        {
            var end = Environment.TickCount64 + (long)Bounded.Limit.TotalMilliseconds;
            while (Seen + Wrong < count && Environment.TickCount64 < end)
            {
                receiver.Receive(this, TimeSpan.FromMilliseconds(100));
            }

            return Seen == count;
        }

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            if (frame.Length < 60 || frame[12] != 8 || frame[23] != (byte)IpProtocol.Tcp)
            {
                return; // ARP and the like
            }

            Interlocked.Decrement(ref _underway);
            var number = BinaryPrimitives.ReadInt32BigEndian(frame[38..]);
            Span<byte> expected = stackalloc byte[1600];
            if (!frame.SequenceEqual(expected[..Write(expected, template, number)]) || !_numbers.Add(number))
            {
                Wrong++;
            }
        }
    }
}
