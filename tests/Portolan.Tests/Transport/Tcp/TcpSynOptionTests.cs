using Portolan.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp;
using Portolan.Transport.Tcp.Core;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>Options of SYNs: the short ways of reading and writing them come to the same as the walk along them.</summary>
public sealed class TcpSynOptionTests
{
    private const int Header = TcpSegment.MinHeaderLength;
    private static readonly byte[] LinuxSyn = Convert.FromHexString("020405B4" + "0402080A" + "000003E8" + "00000007" + "01030307");

    [Fact]
    public void The_options_of_a_SYN_of_Linux_are_read_whatever_their_values_and_others_are_not_taken_for_them()
    {
        var random = new Random(1);
        for (var round = 0; round < 20_000; round++)
        {
            var bytes = new byte[Header + LinuxSyn.Length];
            bytes[12] = (byte)(bytes.Length / 4 << 4);
            LinuxSyn.CopyTo(bytes, Header);
            for (var changes = random.Next(3); changes > 0; changes--)
            {
                bytes[Header + random.Next(LinuxSyn.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)random.Next(12);
            }

            Assert.True(TcpSegment.TryRead(bytes, out var segment));
            var read = new IncomingSegment(segment, EcnCodepoint.NotCapable);
            var walked = segment.Options.Read();
            Assert.Equal(
                (walked.MaximumSegmentSize, walked.WindowScale, walked.Has(TcpOptionSet.SackPermitted), walked.UserTimeout,
                    walked.SackBlocks.Count),
                (read.MaximumSegmentSize, read.WindowScale, read.SackPermitted, read.UserTimeout, read.Sack.Count));
            Assert.Equal(
                (walked.Has(TcpOptionSet.Timestamps), walked.TimestampValue, walked.TimestampEcho),
                (read.HasTimestamps, read.TimestampValue, read.TimestampEcho));
        }
    }

    [Fact]
    public void Each_SYN_of_a_profile_has_its_own_values()
    {
        foreach (var profile in (TcpProfile[])[TcpProfile.Linux, TcpProfile.FreeBsd, TcpProfile.Windows, TcpProfile.Minimal])
        {
            var layout = new TcpSynLayout(profile);
            for (var i = 0; i < 64; i++)
            {
                var offer = new TcpSynOffer(
                    500 + i,
                    layout.HasWindowScale && (i & 1) != 0 ? i % 15 : -1,
                    layout.HasSack && (i & 2) != 0,
                    layout.HasTimestamps && (i & 4) != 0,
                    (uint)(100_000 + i),
                    (uint)(200_000 + i));
                var bytes = new byte[Header + TcpOptionsWriter.MaxLength];
                var length = layout.Write(bytes.AsSpan(Header), offer);
                Assert.Equal(0, length % 4);
                bytes[12] = (byte)((Header + length) / 4 << 4);
                Assert.True(TcpSegment.TryRead(bytes.AsSpan(0, Header + length), out var segment));
                var read = segment.Options.Read();
                Assert.Equal(
                    ((ushort?)offer.SegmentSize, offer.WindowScale < 0 ? null : (byte?)offer.WindowScale, offer.HasSack),
                    (read.MaximumSegmentSize, read.WindowScale, read.Has(TcpOptionSet.SackPermitted)));
                Assert.Equal(
                    offer.HasTimestamps ? (true, offer.Timestamp, offer.TimestampEcho) : default,
                    (read.Has(TcpOptionSet.Timestamps), read.TimestampValue, read.TimestampEcho));
            }
        }
    }
}
