using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

/// <summary>Views over bytes that a peer may have made up.</summary>
public sealed class HostilePacketTests
{
    [Fact]
    public void Random_bytes_never_make_an_accessor_fail() => Fuzz.Run(20_000, static (random, _) =>
    {
        var bytes = new byte[random.Next(120)];
        random.NextBytes(bytes);
        if (bytes.Length > 0)
        {
            bytes[0] = (byte)random.Next(7) switch { 0 => 0x45, 1 => 0x4f, 2 => 0x60, _ => bytes[0] };
        }

        PacketAccessors.ReadAll(bytes);
    });

    [Fact]
    public void Damaged_frames_never_make_an_accessor_fail()
    {
        var samples = PacketSamples.All();
        Fuzz.Run(20_000, (random, _) => PacketAccessors.ReadFrame(Fuzz.Damage(random, samples[random.Next(samples.Count)])));
    }

    [Fact]
    public void Every_cut_of_every_frame_is_refused_or_read()
    {
        foreach (var sample in PacketSamples.All())
        {
            for (var length = 0; length <= sample.Length; length++)
            {
                PacketAccessors.ReadFrame(sample.AsSpan(0, length));
            }
        }
    }

    [Theory]
    [InlineData(new byte[] { 2, 4, 5, 0xb4 }, 0x5b4, true)]
    [InlineData(new byte[] { 1, 1, 1, 1, 2, 4, 5, 0xb4 }, 0x5b4, true)]
    [InlineData(new byte[] { 2, 4, 5, 0xb4, 99, 0, 1, 1 }, 0x5b4, true)]
    [InlineData(new byte[] { 99, 0, 1, 1, 2, 4, 5, 0xb4 }, 0, false)]
    [InlineData(new byte[] { 99, 1, 1, 1, 2, 4, 5, 0xb4 }, 0, false)]
    [InlineData(new byte[] { 0, 1, 1, 1, 2, 4, 5, 0xb4 }, 0, false)]
    [InlineData(new byte[] { 2, 5, 1, 1 }, 0, false)]
    [InlineData(new byte[] { 2, 3, 1, 1 }, 0, false)]
    [InlineData(new byte[] { 1, 1, 1, 2 }, 0, false)]
    [InlineData(new byte[] { 2, 3, 1, 2, 4, 5, 0xb4, 0 }, 0x5b4, true)]
    [Trait("RFC 9293", "MUST-6")]
    [Trait("RFC 9293", "MUST-7")]
    public void An_option_list_is_read_up_to_its_first_fault(byte[] options, int expected, bool found)
    {
        var bytes = new byte[60];
        var length = TcpWriter.Write(bytes, InternetAddress.LoopbackIPv4, InternetAddress.LoopbackIPv4, default, options);
        Assert.True(TcpSegment.TryRead(bytes.AsSpan(0, length), out var segment));
        Assert.Equal(found ? (ushort)expected : null, segment.Options.MaximumSegmentSize);
    }

    [Fact]
    public void Selective_acknowledgments_are_read_four_at_a_time()
    {
        Span<byte> options = stackalloc byte[40];
        var writer = new TcpOptionsWriter(options);
        TcpSackBlock[] blocks = [new(1, 2), new(3, 4), new(5, 6), new(uint.MaxValue, 0)];
        writer.AddNoOperation();
        writer.AddNoOperation();
        writer.AddSackBlocks(blocks);
        var bytes = new byte[60];
        var length = TcpWriter.Write(bytes, InternetAddress.LoopbackIPv4, InternetAddress.LoopbackIPv4, default, options[..writer.Pad()]);
        Assert.True(TcpSegment.TryRead(bytes.AsSpan(0, length), out var segment));
        Assert.Equal(4, segment.Options.SackBlocks.Count);
        for (var i = 0; i < blocks.Length; i++)
        {
            Assert.Equal(blocks[i], segment.Options.SackBlocks[i]);
        }
    }

    [Theory]
    [InlineData("00", "6", 48, IpProtocol.Tcp)]
    [InlineData("00 2b 3c", "6", 64, IpProtocol.Tcp)]
    [InlineData("33", "11", 48, IpProtocol.Udp)]
    [InlineData("3c 00", "6", -1, default(IpProtocol))]
    [InlineData("", "3b", 40, IpProtocol.NoNextHeader)]
    [InlineData("", "32", 40, IpProtocol.EncapsulatingSecurityPayload)]
    public void Extension_headers_are_walked(string chain, string last, int headerLength, IpProtocol protocol)
    {
        var packet = WithExtensions(chain, last, payloadLength: 20);
        Assert.Equal(headerLength > 0, Ipv6Packet.TryRead(packet, out var view));
        if (headerLength > 0)
        {
            Assert.Equal((headerLength, protocol, 20), (view.HeaderLength, view.Protocol, view.Payload.Length));
            Assert.False(view.HasFragmentHeader);
        }
    }

    [Fact]
    public void A_later_fragment_is_told_from_the_first()
    {
        var packet = WithExtensions("2c", "6", payloadLength: 16);
        packet[43] = 1;
        packet[47] = 77;
        Assert.True(Ipv6Packet.TryRead(packet, out var view));
        Assert.True(view.HasFragmentHeader && view.MoreFragments && !view.IsLaterFragment);
        Assert.Equal((77u, 0, IpProtocol.Tcp), (view.FragmentIdentification, view.FragmentOffset, view.Protocol));

        packet[42] = 0x01;
        packet[43] = 0x08;
        Assert.True(Ipv6Packet.TryRead(packet, out view));
        Assert.True(view.IsLaterFragment && !view.MoreFragments);
        Assert.Equal(264, view.FragmentOffset);
    }

    [Fact]
    public void Too_many_extension_headers_are_refused()
    {
        Assert.True(Ipv6Packet.TryRead(WithExtensions(string.Join(' ', Enumerable.Repeat("3c", 32)), "6", 20), out _));
        Assert.False(Ipv6Packet.TryRead(WithExtensions(string.Join(' ', Enumerable.Repeat("3c", 33)), "6", 20), out _));
    }

    [Fact]
    public void A_header_that_claims_more_than_is_there_is_refused()
    {
        var packet = WithExtensions("3c", "6", payloadLength: 0);
        packet[41] = 1;
        Assert.False(Ipv6Packet.TryRead(packet, out _));
    }

    /// <summary>Eight bytes for each header of the chain, given in hex, then zeros as payload.</summary>
    private static byte[] WithExtensions(string chain, string last, int payloadLength)
    {
        byte[] numbers =
            [.. $"{chain} {last}".Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static hex => Convert.ToByte(hex, 16))];
        var packet = new byte[Ipv6Writer.Length + (8 * (numbers.Length - 1)) + payloadLength];
        Ipv6Writer.Write(
            packet, InternetAddress.LoopbackIPv6, InternetAddress.LoopbackIPv6, (IpProtocol)numbers[0], packet.Length - Ipv6Writer.Length);
        for (var i = 1; i < numbers.Length; i++)
        {
            packet[Ipv6Writer.Length + (8 * (i - 1))] = numbers[i];
        }

        return packet;
    }
}
