using System.Text;
using Portolan.Forwarding.Proxy;
using Portolan.Model;

namespace Portolan.Tests.Forwarding;

public sealed class ProxyHeaderTests
{
    [Theory]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n", "192.0.2.1:56324 198.51.100.2:443")]
    [InlineData("PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "2001:db8::1:1 2001:db8::2:65535")]
    [InlineData("PROXY TCP6 ::ffff:192.0.2.1 ::ffff:192.0.2.2 1 2\r\n", "192.0.2.1:1 192.0.2.2:2")]
    [InlineData("PROXY UNKNOWN\r\n", "-")]
    [InlineData("PROXY UNKNOWN whatever stands here\r\n", "-")]
    public void A_line_of_version_1_is_read_and_each_piece_of_it_is_incomplete(string line, string expected)
    {
        var bytes = Encoding.ASCII.GetBytes(line + "GET / HTTP/1.1\r\n\r\n");
        Assert.Equal(ProxyRead.Complete, ProxyHeaderReader.Read(bytes, out var header, out var length));
        Assert.Equal((line.Length, expected), (length, Text(header)));
        for (var i = 0; i < line.Length; i++)
        {
            Assert.Equal(ProxyRead.Incomplete, ProxyHeaderReader.Read(bytes.AsSpan(0, i), out _, out _));
        }
    }

    [Theory]
    [InlineData("GET / HTTP/1.1\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 56324\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 056324 443\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 65536 443\r\n")]
    [InlineData("PROXY TCP4 2001:db8::1 2001:db8::2 1 2\r\n")]
    [InlineData("PROXY TCP6 192.0.2.1 192.0.2.2 1 2\r\n")]
    [InlineData("PROXY  TCP4 192.0.2.1 198.51.100.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1 2 3\r\n")]
    [InlineData("PROXY UDP4 192.0.2.1 198.51.100.2 1 2\r\n")]
    [InlineData("proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n")]
    [InlineData("PROXY TCP4 192.0.2.1 198.51.100.2 1 -2\r\n")]
    public void What_is_no_header_is_refused(string text) =>
        Assert.Equal(ProxyRead.Bad, ProxyHeaderReader.Read(Encoding.ASCII.GetBytes(text), out _, out _));

    [Fact]
    public void A_line_without_an_end_is_refused_when_it_is_too_long()
    {
        var bytes = Encoding.ASCII.GetBytes("PROXY UNKNOWN " + new string('x', 200));
        Assert.Equal(ProxyRead.Incomplete, ProxyHeaderReader.Read(bytes.AsSpan(0, 106), out _, out _));
        Assert.Equal(ProxyRead.Bad, ProxyHeaderReader.Read(bytes.AsSpan(0, 107), out _, out _));
    }

    [Theory]
    [InlineData("192.0.2.1", "198.51.100.2")]
    [InlineData("2001:db8::1", "2001:db8::2")]
    [InlineData("192.0.2.1", "2001:db8::2")]
    [InlineData("ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    public void What_is_written_is_read_in_both_versions(string source, string destination)
    {
        Assert.True(InternetAddress.TryParse(source, out var from));
        Assert.True(InternetAddress.TryParse(destination, out var to));
        foreach (var version in new[] { 1, 2 })
        {
            foreach (var header in new[] { new ProxyHeader(from, new PortNumber(65535), to, new PortNumber(443)), default })
            {
                var bytes = new byte[ProxyHeaderWriter.MaxLength];
                var length = ProxyHeaderWriter.Write(version, header, bytes);
                Assert.Equal(ProxyRead.Complete, ProxyHeaderReader.Read(bytes.AsSpan(0, length), out var read, out var readLength));
                Assert.Equal((header, length), (read, readLength));
            }
        }
    }

    [Fact]
    public void Version_2_skips_what_is_added_and_bounds_it()
    {
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, 0x21, 0x11, 0, 20, 192, 0, 2, 1, 198, 51, 100, 2, 0, 1, 0, 2, 4, 0, 5, 1, 2, 3, 4, 5];
        Assert.Equal(ProxyRead.Complete, ProxyHeaderReader.Read(header, out var read, out var length));
        Assert.Equal((36, "192.0.2.1:1 198.51.100.2:2"), (length, Text(read)));
        Assert.Equal(ProxyRead.Incomplete, ProxyHeaderReader.Read(header.AsSpan(0, 35), out _, out _));
        header[14] = 0xff;
        Assert.Equal(ProxyRead.Bad, ProxyHeaderReader.Read(header, out _, out _));
    }

    [Theory]
    [InlineData(0x20, 0x11, 12, true)]
    [InlineData(0x21, 0x00, 0, true)]
    [InlineData(0x21, 0x31, 216, true)]
    [InlineData(0x21, 0x11, 11, false)]
    [InlineData(0x21, 0x21, 35, false)]
    [InlineData(0x21, 0x12, 12, false)]
    [InlineData(0x22, 0x11, 12, false)]
    [InlineData(0x11, 0x11, 12, false)]
    public void Commands_and_families_of_version_2(byte command, byte family, byte length, bool isGood)
    {
        byte[] header = [.. "\r\n\r\n\0\r\nQUIT\n"u8, command, family, 0, length, .. new byte[length]];
        Assert.Equal(isGood ? ProxyRead.Complete : ProxyRead.Bad, ProxyHeaderReader.Read(header, out var read, out _));
        Assert.Null(read.Source);
    }

    [Fact]
    public void No_bytes_at_all_make_it_throw()
    {
        var random = new Random(11);
        for (var i = 0; i < 200_000; i++)
        {
            var bytes = new byte[random.Next(0, 120)];
            random.NextBytes(bytes);
            var start = random.Next(3) switch { 0 => "PROXY TCP4 "u8, 1 => "\r\n\r\n\0\r\nQUIT\n\x21\x11"u8, _ => default };
            if (start.Length <= bytes.Length)
            {
                start.CopyTo(bytes);
            }

            if (ProxyHeaderReader.Read(bytes, out _, out var length) == ProxyRead.Complete)
            {
                Assert.InRange(length, 1, bytes.Length);
            }
        }
    }

    private static string Text(ProxyHeader header) =>
        header.Source is null ? "-" : $"{header.Source}:{header.SourcePort} {header.Destination}:{header.DestinationPort}";
}
