using System.Buffers.Binary;
using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Packets;

public sealed class InternetChecksumTests
{
    [Fact]
    public void The_example_of_RFC_1071_section_3_sums_to_ddf2()
    {
        byte[] bytes = [0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7];
        Assert.Equal(0xddf2u, InternetChecksum.Sum(bytes));
        Assert.Equal(0x220d, InternetChecksum.Of(bytes));
    }

    [Fact]
    public void The_example_of_RFC_1624_section_4_gives_zero_not_its_other_form() =>
        Assert.Equal(0x0000, InternetChecksum.Update(0xdd2f, 0x5555, 0x3285));

    [Fact]
    public void Every_length_and_alignment_sums_as_a_word_by_word_loop_does() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(Gen.Choose(0, 255).Select(static b => (byte)b).ArrayOf().Resize(300)),
        Arb.From(Gen.Choose(0, 9)),
        static (bytes, skip) =>
        {
            var part = bytes.AsSpan(Math.Min(skip, bytes.Length));
            return InternetChecksum.Sum(part) == WordByWord(part);
        }));

    [Fact]
    public void The_longest_packet_of_the_largest_words_loses_no_carry()
    {
        var bytes = new byte[65535];
        bytes.AsSpan().Fill(0xff);
        Assert.Equal(WordByWord(bytes), InternetChecksum.Sum(bytes));
    }

    [Fact]
    public void Parts_of_even_length_add_up_to_the_whole() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(Gen.Choose(0, 255).Select(static b => (byte)b).ArrayOf().Resize(200)),
        Arb.From(Gen.Choose(0, 100)),
        static (bytes, half) =>
        {
            var cut = Math.Min(half * 2, bytes.Length & ~1);
            return InternetChecksum.Finish(
                InternetChecksum.Sum(bytes.AsSpan(0, cut)) + InternetChecksum.Sum(bytes.AsSpan(cut))) == InternetChecksum.Of(bytes);
        }));

    [Fact]
    public void An_update_equals_a_new_checksum() => Check.QuickThrowOnFailure(Prop.ForAll(
        Arb.From(Gen.Choose(0, 255).Select(static b => (byte)b).ArrayOf(40)),
        Arb.From(Gen.Choose(0, 9)),
        Arb.From(Gen.Choose(int.MinValue, int.MaxValue)),
        static (bytes, word, value) =>
        {
            // Bytes that are all zero have the checksum 0xffff, which no update can reach: one bit keeps them from being so.
            bytes[0] |= 1;
            var at = bytes.AsSpan(word * 4);
            var before = InternetChecksum.Of(bytes);
            var old = BinaryPrimitives.ReadUInt32BigEndian(at);
            BinaryPrimitives.WriteUInt32BigEndian(at, (uint)value | 1);
            var inTwo = InternetChecksum.Update(
                InternetChecksum.Update(before, (ushort)(old >> 16), (ushort)(value >> 16)), (ushort)old, (ushort)(value | 1));
            return InternetChecksum.Update(before, old, (uint)value | 1) == InternetChecksum.Of(bytes)
                && inTwo == InternetChecksum.Of(bytes);
        }));

    [Theory]
    [InlineData("198.18.0.1", "198.18.0.2")]
    [InlineData("2001:db8::1", "2001:db8:1:2:3:4:5:6")]
    public void A_pseudo_header_sums_as_its_bytes_do(string source, string destination)
    {
        Assert.True(InternetAddress.TryParse(source, out var from));
        Assert.True(InternetAddress.TryParse(destination, out var to));
        var bytes = new byte[40];
        var length = from.WriteBytes(bytes);
        length += to.WriteBytes(bytes.AsSpan(length));
        bytes[length + 1] = 6;
        BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(length + 2), 1234);
        Assert.Equal(InternetChecksum.Of(bytes), InternetChecksum.Finish(InternetChecksum.PseudoHeader(from, to, IpProtocol.Tcp, 1234)));
    }

    private static uint WordByWord(ReadOnlySpan<byte> bytes)
    {
        ulong sum = 0;
        for (var i = 0; i < bytes.Length; i++)
        {
            sum += (ulong)bytes[i] << (i % 2 == 0 ? 8 : 0);
        }

        while (sum >> 16 != 0)
        {
            sum = (sum & 0xffff) + (sum >> 16);
        }

        return (uint)sum;
    }
}
