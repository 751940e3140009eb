using FsCheck;
using FsCheck.Fluent;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;

namespace Portolan.Tests.Packets;

/// <summary>Options are written in any order and read in one walk.</summary>
public sealed class TcpOptionsTests
{
    [Fact]
    [Trait("RFC 9293", "MUST-4")]
    [Trait("RFC 9293", "MUST-5")]
    [Trait("RFC 9293", "MUST-64")]
    [Trait("RFC 9293", "MUST-68")]
    [Trait("RFC 9293", "MUST-69")]
    public void Any_choice_of_options_in_any_order_is_read_back() => Fuzz.Run(3000, static (random, _) =>
    {
        Span<byte> bytes = stackalloc byte[40];
        var writer = new TcpOptionsWriter(bytes);
        var expected = TcpOptionSet.None;
        var cookie = Bytes(random, random.Next(2, 9) * 2);
        var digest = Bytes(random, 16);
        var code = Bytes(random, random.Next(13));
        var (mss, scale, value, echo) = ((ushort)random.Next(65536), (byte)random.Next(15), (uint)random.NextInt64(1L << 32),
            (uint)random.NextInt64(1L << 32));
        var blocks =
            Enumerable.Range(0, random.Next(1, 5)).Select(_ => new TcpSackBlock((uint)random.Next(), (uint)random.Next())).ToArray();
        var ecn = new TcpAccurateEcn((uint)random.Next(1 << 24), (uint)random.Next(1 << 24), (uint)random.Next(1 << 24));
        var (ect1First, counters) = (random.Next(2) == 0, random.Next(4));
        var timeout = random.Next(2) == 0 ? TimeSpan.FromSeconds(random.Next(32768)) : TimeSpan.FromMinutes(random.Next(547, 32768));
        var kinds = Enum.GetValues<TcpOptionSet>().Where(static kind => kind != TcpOptionSet.None).ToArray();
        random.Shuffle(kinds);
        foreach (var kind in kinds)
        {
            var length = kind switch
            {
                TcpOptionSet.MaximumSegmentSize or TcpOptionSet.UserTimeout => 4,
                TcpOptionSet.WindowScale => 3,
                TcpOptionSet.SackPermitted => 2,
                TcpOptionSet.Sack => 2 + (8 * blocks.Length),
                TcpOptionSet.Timestamps => 10,
                TcpOptionSet.FastOpen => 2 + cookie.Length,
                TcpOptionSet.AccurateEcn => 2 + (3 * counters),
                TcpOptionSet.Md5Signature => 18,
                _ => 4 + code.Length,
            };
            if (length > 40 - writer.Length || (kind == TcpOptionSet.Authentication && expected.HasFlag(TcpOptionSet.Md5Signature))
                || (kind == TcpOptionSet.Md5Signature && expected.HasFlag(TcpOptionSet.Authentication)))
            {
                continue;
            }

            expected |= kind;
            switch (kind)
            {
                case TcpOptionSet.MaximumSegmentSize: writer.AddMaximumSegmentSize(mss); break;
                case TcpOptionSet.WindowScale: writer.AddWindowScale(scale); break;
                case TcpOptionSet.SackPermitted: writer.AddSackPermitted(); break;
                case TcpOptionSet.Sack: writer.AddSackBlocks(blocks); break;
                case TcpOptionSet.Timestamps: writer.AddTimestamps(value, echo); break;
                case TcpOptionSet.FastOpen: writer.AddFastOpen(cookie); break;
                case TcpOptionSet.AccurateEcn: writer.AddAccurateEcn(ecn, ect1First, counters); break;
                case TcpOptionSet.UserTimeout: writer.AddUserTimeout(timeout); break;
                case TcpOptionSet.Md5Signature: writer.AddMd5Signature(digest); break;
                case TcpOptionSet.Authentication: writer.AddAuthentication(1, 2, code); break;
            }
        }

        var segment = new byte[60];
        TcpWriter.Write(segment, InternetAddress.AnyIPv4, InternetAddress.AnyIPv4, default, bytes[..writer.Pad()]);
        Assert.True(TcpSegment.TryRead(segment, out var view));
        var read = view.Options.Read();
        Assert.Equal(expected, read.Present);
        bool Has(TcpOptionSet option) => expected.HasFlag(option);
        Assert.Equal(Has(TcpOptionSet.MaximumSegmentSize) ? mss : null, read.MaximumSegmentSize);
        Assert.Equal(Has(TcpOptionSet.WindowScale) ? scale : null, read.WindowScale);
        Assert.Equal(Has(TcpOptionSet.Timestamps) ? (value, echo) : default, (read.TimestampValue, read.TimestampEcho));
        Assert.Equal(Has(TcpOptionSet.FastOpen) ? cookie : [], read.FastOpenCookie.ToArray());
        Assert.Equal(Has(TcpOptionSet.UserTimeout) ? timeout : null, read.UserTimeout);
        Assert.Equal(
            Has(TcpOptionSet.Md5Signature) ? digest : Has(TcpOptionSet.Authentication) ? [1, 2, .. code] : [], read.Signature.ToArray());
        Assert.Equal(Has(TcpOptionSet.Sack) ? blocks.Length : 0, read.SackBlocks.Count);
        for (var i = 0; i < read.SackBlocks.Count; i++)
        {
            Assert.Equal(blocks[i], read.SackBlocks[i]);
        }

        var sent = Has(TcpOptionSet.AccurateEcn) ? counters : 0;
        Assert.Equal(
            new TcpAccurateEcn(
                sent > (ect1First ? 2 : 0) ? ecn.Ect0 : null, sent > 1 ? ecn.CongestionExperienced : null,
                sent > (ect1First ? 0 : 2) ? ecn.Ect1 : null),
            read.AccurateEcn);
    });

    [Theory]
    [InlineData(new byte[] { 2, 3, 9, 3, 2, 8, 4, 1, 1, 1 }, TcpOptionSet.None)]
    [InlineData(new byte[] { 34, 5, 1, 2, 3, 3, 3, 7 }, TcpOptionSet.WindowScale)]
    [InlineData(new byte[] { 34, 4, 1, 2, 34, 2 }, TcpOptionSet.FastOpen)]
    [InlineData(new byte[] { 5, 2, 5, 9, 1, 1, 1, 1, 1, 1, 1 }, TcpOptionSet.None)]
    [InlineData(new byte[] { 19, 4, 1, 2, 29, 3, 1, 29, 4, 1, 2 }, TcpOptionSet.Authentication)]
    [InlineData(new byte[] { 172, 4, 1, 2, 174, 5, 1, 2, 3 }, TcpOptionSet.AccurateEcn)]
    public void An_option_of_a_wrong_length_is_as_good_as_absent(byte[] bytes, TcpOptionSet expected)
    {
        var segment = new byte[60];
        var padded = new byte[(bytes.Length + 3) & ~3];
        bytes.CopyTo(padded, 0);
        TcpWriter.Write(segment, InternetAddress.AnyIPv4, InternetAddress.AnyIPv4, default, padded);
        Assert.True(TcpSegment.TryRead(segment, out var view));
        Assert.Equal(expected, view.Options.Read().Present);
    }

    [Fact]
    public void Of_several_options_of_a_kind_the_first_counts()
    {
        var segment = new byte[60];
        TcpWriter.Write(
            segment, InternetAddress.AnyIPv4, InternetAddress.AnyIPv4, default, [2, 4, 0, 1, 2, 4, 0, 2, 3, 3, 5, 3, 3, 6, 0, 0]);
        Assert.True(TcpSegment.TryRead(segment, out var view));
        Assert.Equal(((ushort?)1, (byte?)5), (view.Options.Read().MaximumSegmentSize, view.Options.Read().WindowScale));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(18)]
    [InlineData(5)]
    public void A_cookie_of_an_odd_length_is_not_written(int length) => Assert.Throws<ArgumentException>(() =>
    {
        var writer = new TcpOptionsWriter(new byte[40]);
        writer.AddFastOpen(new byte[length]);
    });

    [Fact]
    public void A_user_timeout_is_never_sent_shorter_than_it_is() =>
        Check.QuickThrowOnFailure(Prop.ForAll(Arb.From(Gen.Choose(0, 1_900_000_000)), static milliseconds =>
    {
        var timeout = TimeSpan.FromMilliseconds((double)milliseconds);
        var bytes = new byte[4];
        var writer = new TcpOptionsWriter(bytes);
        writer.AddUserTimeout(timeout);
        var segment = new byte[24];
        TcpWriter.Write(segment, InternetAddress.AnyIPv4, InternetAddress.AnyIPv4, default, bytes);
        Assert.True(TcpSegment.TryRead(segment, out var view));
        var sent = view.Options.Read().UserTimeout!.Value;
        return sent >= timeout && sent - timeout < (timeout.TotalSeconds > 32767 ? TimeSpan.FromMinutes(1) : TimeSpan.FromSeconds(1));
    }));

    [Fact]
    public void The_counter_of_AccECN_is_made_of_three_bits()
    {
        var segment = new byte[20];
        foreach (var (ae, flags, counter) in ((bool, TcpFlags, int)[])[
            (true, TcpFlags.None, 4), (false, TcpFlags.Cwr, 2), (true, TcpFlags.Ece | TcpFlags.Syn, 5),
            (true, TcpFlags.Ece | TcpFlags.Cwr, 7)])
        {
            TcpWriter.Write(
                segment, InternetAddress.AnyIPv4, InternetAddress.AnyIPv4,
                new TcpHeader(default, default, 0, 0, flags, 0, AccurateEcn: ae));
            Assert.True(TcpSegment.TryRead(segment, out var view));
            Assert.Equal((ae, counter, 20), (view.AccurateEcn, view.AccurateEcnCounter, view.HeaderLength));
        }
    }

    private static byte[] Bytes(Random random, int count)
    {
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return bytes;
    }
}
