using System.Globalization;
using System.Net;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using Portolan.Cli.Listing;
using Portolan.Model;

namespace Portolan.Tests.Cli.Listing;

/// <summary>Addresses and numbers on the fast path, against the framework's own.</summary>
public sealed class EndpointTextTests
{
    [Fact]
    public void Every_IPv4_endpoint_reads_as_the_frameworks() => Prop.ForAll<uint, ushort>((bits, port) =>
    {
        var address = InternetAddress.FromIPv4(bits);
        var expected = $"{address.ToIPAddress()}:{(port == 0 ? "*" : port.ToString(CultureInfo.InvariantCulture))}";
        return Text(address, port) == expected && EndpointText.Length(address, port, false, 0) == expected.Length;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Every_IPv6_endpoint_has_brackets_and_the_length_that_was_promised() =>
        Prop.ForAll(ArbMap.Default.ArbFor<byte[]>().Filter(b => b.Length >= 16), bytes =>
    {
        var address = InternetAddress.FromBytes(bytes.AsSpan(0, 16));
        var text = Text(address, 443);
        return text == $"[{address}]:443" && EndpointText.Length(address, 443, false, 0) == text.Length;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Numbers_are_written_with_the_length_that_was_promised() => Prop.ForAll<uint>(value =>
    {
        Span<byte> room = stackalloc byte[10];
        var written = NumberText.Write(value, room);
        return Encoding.ASCII.GetString(room[..written]) == value.ToString(CultureInfo.InvariantCulture)
            && NumberText.Length(value) == written;
    }).QuickCheckThrowOnFailure();

    [Theory]
    [InlineData("::", 80, true, "", "*:80")]
    [InlineData("::", 80, false, "", "[::]:80")]
    [InlineData("::", 0, true, "", "*:*")]
    [InlineData("0.0.0.0", 68, false, "eth0", "0.0.0.0%eth0:68")]
    [InlineData("fe80::1", 546, false, "eth0", "[fe80::1]%eth0:546")]
    [InlineData("::ffff:192.0.2.1", 8010, false, "", "[::ffff:192.0.2.1]:8010")]
    public void Wildcards_and_interfaces_are_written_as_ss_does(
        string address, int port, bool isDualStack, string interfaceName, string text)
    {
        Assert.True(InternetAddress.TryParse(address, out var parsed));
        Span<byte> room = stackalloc byte[EndpointText.MaxLength];
        var written = EndpointText.Write(parsed, (ushort)port, isDualStack, Encoding.ASCII.GetBytes(interfaceName), room);
        Assert.Equal(text, Encoding.ASCII.GetString(room[..written]));
        Assert.Equal(text.Length, EndpointText.Length(parsed, (ushort)port, isDualStack, interfaceName.Length));
        Assert.True(IPAddress.TryParse(address, out _));
    }

    private static string Text(InternetAddress address, ushort port)
    {
        Span<byte> room = stackalloc byte[EndpointText.MaxLength];
        return Encoding.ASCII.GetString(room[..EndpointText.Write(address, port, isDualStack: false, default, room)]);
    }
}
