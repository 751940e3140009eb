using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

/// <summary>A checksum left to the link, or changed bit by bit, is the one that would have been written at once.</summary>
public sealed class PartialChecksumTests
{
    [Fact]
    public void Completing_gives_what_writing_at_once_gives() => Fuzz.Run(2000, static (random, _) =>
    {
        var (source, destination) = Pair(random);
        var payload = new byte[random.Next(200)];
        random.NextBytes(payload);
        var start = random.Next(60);
        Span<byte> whole = new byte[300];
        Span<byte> partial = new byte[300];
        int length;
        int offset;
        if (random.Next(2) == 0)
        {
            offset = TcpWriter.ChecksumOffset;
            var header = new TcpHeader(new PortNumber(1), new PortNumber(2), (uint)random.Next(), (uint)random.Next(), TcpFlags.Ack, 9);
            length = TcpWriter.Write(whole[start..], source, destination, header, default, payload);
            Assert.Equal(
                length, TcpWriter.Write(partial[start..], source, destination, header, default, payload, ChecksumCoverage.PseudoHeader));
        }
        else
        {
            offset = UdpWriter.ChecksumOffset;
            length = UdpWriter.Write(whole[start..], source, destination, new PortNumber(1), new PortNumber(2), payload);
            Assert.Equal(
                length,
                UdpWriter.Write(
                    partial[start..], source, destination, new PortNumber(1), new PortNumber(2), payload, ChecksumCoverage.PseudoHeader));
        }

        var field = partial[(start + offset)..];
        var headerLength = length - payload.Length;
        var protocol = offset == 6 ? IpProtocol.Udp : IpProtocol.Tcp;
        Assert.Equal(PartialChecksum.Of(source, destination, protocol, length), (field[0] << 8) | field[1]);
        partial[(start + offset)..(start + offset + 2)].Clear();
        var combined = PartialChecksum.Combine(
            PartialChecksum.Of(source, destination, protocol, length), InternetChecksum.Sum(partial.Slice(start, headerLength)),
            InternetChecksum.Sum(payload));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(field, PartialChecksum.Of(source, destination, protocol, length));
        Assert.True(PartialChecksum.TryComplete(partial[..(start + length)], start, offset));
        Assert.Equal(whole[..(start + length)], partial[..(start + length)]);
        Assert.Equal(System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(field), combined == 0 ? 0xffff : combined);
    });

    [Theory]
    [InlineData(-1, 0)]
    [InlineData(0, -1)]
    [InlineData(0, 19)]
    [InlineData(20, 0)]
    [InlineData(21, 0)]
    [InlineData(10, 9)]
    [InlineData(int.MaxValue, int.MaxValue)]
    public void A_place_outside_is_refused_and_nothing_is_written(int start, int offset)
    {
        var bytes = Enumerable.Repeat((byte)0xaa, 20).ToArray();
        Assert.False(PartialChecksum.TryComplete(bytes, start, offset));
        Assert.All(bytes, static value => Assert.Equal(0xaa, value));
    }

    [Fact]
    public void Changing_addresses_and_bytes_updates_the_checksum() => Fuzz.Run(2000, static (random, _) =>
    {
        var (source, destination) = Pair(random);
        var other = Any(random, source.IsIPv4);

        Span<byte> segment = new byte[80];
        random.NextBytes(segment);
        segment[0] |= 1;
        var before = InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, segment);
        Assert.Equal(
            InternetChecksum.OfTransport(source, other, IpProtocol.Tcp, segment), InternetChecksum.Update(before, destination, other));

        // Only the first byte keeps the sum from being zero, whose two forms no update can tell apart.
        var at = 2 + (random.Next(29) * 2);
        Span<byte> was = stackalloc byte[random.Next(10) * 2];
        segment.Slice(at, was.Length).CopyTo(was);
        random.NextBytes(segment.Slice(at, was.Length));
        Assert.Equal(
            InternetChecksum.OfTransport(source, destination, IpProtocol.Tcp, segment),
            InternetChecksum.Update(before, was, segment.Slice(at, was.Length)));
    });

    private static (InternetAddress Source, InternetAddress Destination) Pair(Random random)
    {
        var isIPv4 = random.Next(2) == 0;
        return (Any(random, isIPv4), Any(random, isIPv4));
    }

    private static InternetAddress Any(Random random, bool isIPv4) =>
        InternetAddress.FromNumber(((UInt128)(ulong)random.NextInt64() << 64) | (ulong)random.NextInt64(), isIPv4);
}
