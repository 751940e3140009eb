using System.Buffers.Binary;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

/// <summary>Capture files of either byte order are read; damaged ones end with a reason.</summary>
public sealed class PcapngReaderTests
{
    [Fact]
    public void What_the_writer_wrote_is_read_back_to_the_nanosecond()
    {
        using var file = new MemoryStream();
        var writer = new PcapngWriter(file, "portolan");
        var interfaces = new[] { writer.AddInterface("lab0", LinkLayer.Ethernet), writer.AddInterface("tun0", LinkLayer.Ip) };
        writer.Write(
            interfaces[0], 1_700_000_000_123_456_789UL, [1, 2, 3], FrameDirection.Outbound, originalLength: 1500,
            comment: "lost: fault link");
        writer.Write(interfaces[1], DateTimeOffset.UnixEpoch.AddSeconds(1), [4, 5, 6, 7]);
        writer.Write(interfaces[1], 7UL, [], comment: "nothing");
        file.Position = 0;

        var reader = new PcapngReader(file);
        Assert.True(reader.TryRead(out var first));
        Assert.Equal(("lab0", LinkLayer.Ethernet, 0), (first.Interface.Name, first.Interface.Layer, first.InterfaceNumber));
        Assert.Equal(
            (1_700_000_000_123_456_789L, 1500u, FrameDirection.Outbound), (first.Nanoseconds, first.OriginalLength, first.Direction));
        Assert.Equal([1, 2, 3], first.Frame.ToArray());
        Assert.Equal(["lost: fault link"], first.Options.Comments);
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(
            ("tun0", LinkLayer.Ip, 1_000_000_000L, FrameDirection.Unknown, 4u),
            (second.Interface.Name, second.Interface.Layer, second.Nanoseconds, second.Direction, second.OriginalLength));
        Assert.True(reader.TryRead(out var third));
        Assert.Equal((7L, 0), (third.Nanoseconds, third.Frame.Length));
        Assert.Equal(["nothing"], third.Options.Comments);
        Assert.False(reader.TryRead(out _));
        Assert.Equal((PcapngEnd.Complete, 1, 2, ""), (reader.End, reader.Sections, reader.Interfaces.Count, reader.Fault));
        Assert.False(reader.TryRead(out _));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Sections_of_either_byte_order_follow_each_other(bool bigEndianFirst)
    {
        var file = new PcapngBytes(bigEndianFirst);
        file.Section("made by hand").Interface(PcapngBytes.Ethernet, 0, "a", resolution: 9, offset: 5).Unknown().Enhanced(
            0, 1_000_000_123, [1, 2, 3, 4, 5], "one", "two");
        file.IsBigEndian = !bigEndianFirst;
        file.Section("second").Interface(PcapngBytes.Ethernet, 3, "b", resolution: null, offset: null).Enhanced(0, 1_500_000, [9]).Simple(
            8, [7, 7, 7]);
        var reader = new PcapngReader(file.ToStream());
        Assert.True(reader.TryRead(out var first));
        Assert.Equal(("a", 6_000_000_123L), (first.Interface.Name, first.Nanoseconds));
        Assert.Equal(["one", "two"], first.Options.Comments);
        Assert.Equal([1, 2, 3, 4, 5], first.Frame.ToArray());
        Assert.True(reader.TryRead(out var second));
        Assert.Equal(("b", 1_500_000_000L, 1), (second.Interface.Name, second.Nanoseconds, second.Frame.Length));
        Assert.True(reader.TryRead(out var simple));
        Assert.Equal((null, 8u), (simple.Nanoseconds, simple.OriginalLength));
        Assert.Equal([7, 7, 7], simple.Frame.ToArray());
        Assert.False(reader.TryRead(out _));
        Assert.Equal((PcapngEnd.Complete, 2, 1L, 1), (reader.End, reader.Sections, reader.SkippedBlocks, reader.Interfaces.Count));
        Assert.Equal(["made by hand", "second"], reader.Comments);
    }

    [Theory]
    [InlineData(0, 3, 3_000_000_000L)]
    [InlineData(6, 3, 3000L)]
    [InlineData(9, 3, 3L)]
    [InlineData(12, 3999, 3L)]
    [InlineData(28, ulong.MaxValue, 1L)]
    [InlineData(127, ulong.MaxValue, 0L)]
    [InlineData(0x80 | 10, 1024, 1_000_000_000L)]
    [InlineData(0x80 | 127, ulong.MaxValue, 0L)]
    [InlineData(0x80, ulong.MaxValue, long.MaxValue)]
    [InlineData(0, ulong.MaxValue, long.MaxValue)]
    public void Times_of_every_resolution_become_nanoseconds(int resolution, ulong time, long expected)
    {
        var reader = new PcapngReader(
            new PcapngBytes(true).Section().Interface(PcapngBytes.Ethernet, 0, "a", (byte)resolution, null).Enhanced(0, time, [])
                .ToStream());
        Assert.True(reader.TryRead(out var packet));
        Assert.Equal(expected, packet.Nanoseconds);
    }

    [Fact]
    public void Every_cut_of_a_file_is_truncated_and_never_more()
    {
        var bytes =
            new PcapngBytes(false).Section("x").Interface(PcapngBytes.Ethernet, 0, "a", 9, null).Enhanced(0, 1, [1, 2, 3], "c").ToArray();
        for (var length = 0; length < bytes.Length; length++)
        {
            var reader = new PcapngReader(new MemoryStream(bytes, 0, length));
            Assert.False(reader.TryRead(out _));
            Assert.Equal(
                length < 12 ? PcapngEnd.Malformed : Boundaries(bytes).Contains(length) ? PcapngEnd.Complete : PcapngEnd.Truncated,
                reader.End);
        }
    }

    [Fact]
    public void Damaged_files_never_throw_and_end()
    {
        byte[][] samples = [Sample(false), Sample(true)];
        Fuzz.Run(10_000, (random, _) =>
        {
            var bytes = Fuzz.Damage(random, samples[random.Next(2)]);
            var reader = new PcapngReader(new MemoryStream(bytes), maxBlockLength: 1 << 16);
            var frames = 0;
            while (reader.TryRead(out var packet))
            {
                Assert.True(packet.Frame.Length <= bytes.Length);
                Assert.True(packet.Direction <= FrameDirection.Outbound);
                Assert.True(packet.Options.Comments.Count <= bytes.Length / 4);
                Assert.True(packet.InterfaceNumber < reader.Interfaces.Count);
                frames++;
            }

            Assert.NotEqual(PcapngEnd.None, reader.End);
            Assert.Equal(reader.End == PcapngEnd.Complete, reader.Fault.Length == 0);
            Assert.True(frames < bytes.Length);
        });
    }

    [Fact]
    public void A_short_file_that_claims_a_large_block_costs_no_memory()
    {
        var bytes = new PcapngBytes(false).Section().ToArray();
        byte[] claim = [.. bytes, 6, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 7, 8];
        var reader = new PcapngReader(new MemoryStream(claim), maxBlockLength: 1 << 30);
        var before = GC.GetAllocatedBytesForCurrentThread();
        Assert.False(reader.TryRead(out _));
        Assert.True(GC.GetAllocatedBytesForCurrentThread() - before < 100_000);
        Assert.Equal(PcapngEnd.Truncated, reader.End);
        Assert.Equal(PcapngEnd.Malformed, End(claim, 1 << 20));
    }

    [Fact]
    public void A_large_frame_is_read_whole()
    {
        var frame = new byte[100_000];
        new Random(1).NextBytes(frame);
        var reader = new PcapngReader(
            new PcapngBytes(false).Section().Interface(PcapngBytes.Ethernet, 0, "a", 9, null).Enhanced(0, 1, frame).ToStream());
        Assert.True(reader.TryRead(out var packet));
        Assert.Equal(frame, packet.Frame.ToArray());
    }

    [Fact]
    public void A_comment_that_is_too_long_is_cut_between_characters()
    {
        using var file = new MemoryStream();
        var writer = new PcapngWriter(file, "portolan");
        writer.AddInterface("a", LinkLayer.Ip);
        writer.Write(0, 1UL, [1], comment: new string('é', 40_000));
        file.Position = 0;
        var reader = new PcapngReader(file);
        Assert.True(reader.TryRead(out var packet));
        Assert.Equal(new string('é', 32_767), Assert.Single(packet.Options.Comments));
    }

    private static PcapngEnd End(byte[] bytes, int limit)
    {
        var reader = new PcapngReader(new MemoryStream(bytes), limit);
        while (reader.TryRead(out _))
        {
        }

        return reader.End;
    }

    private static HashSet<int> Boundaries(byte[] file)
    {
        var ends = new HashSet<int>();
        for (var at = 0; at < file.Length; at += BinaryPrimitives.ReadInt32LittleEndian(file.AsSpan(at + 4)))
        {
            ends.Add(at);
        }

        return ends;
    }

    private static byte[] Sample(bool isBigEndian) => new PcapngBytes(isBigEndian)
        .Section("s").Interface(PcapngBytes.Ethernet, 96, "eth0", 6, 3).Enhanced(0, 5, [1, 2, 3, 4, 5], "c").Unknown().Simple(3, [1, 2, 3])
        .Enhanced(0, 6, [1]).ToArray();
}
