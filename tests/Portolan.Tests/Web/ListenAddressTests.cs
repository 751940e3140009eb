using Portolan.Model;
using Portolan.Web.Hosting;

namespace Portolan.Tests.Web;

/// <summary>Where a server listens, as people write it.</summary>
public sealed class ListenAddressTests
{
    [Theory]
    [InlineData(null, "127.0.0.1:7265", true)]
    [InlineData("8080", "127.0.0.1:8080", true)]
    [InlineData(":8080", "127.0.0.1:8080", true)]
    [InlineData("localhost:8080", "127.0.0.1:8080", true)]
    [InlineData("localhost", "127.0.0.1:7265", true)]
    [InlineData("127.0.0.9", "127.0.0.9:7265", true)]
    [InlineData("0.0.0.0:443", "0.0.0.0:443", false)]
    [InlineData("[::1]:8080", "[::1]:8080", true)]
    [InlineData("::1", "[::1]:7265", true)]
    [InlineData("[::]:443", "[::]:443", false)]
    [InlineData("198.18.0.1", "198.18.0.1:7265", false)]
    [InlineData("unix:/run/portolan.sock", "/run/portolan.sock", true)]
    [InlineData("/run/portolan.sock", "/run/portolan.sock", true)]
    public void An_address_a_port_or_a_socket(string? text, string meant, bool isLocal)
    {
        var listen = ListenAddress.Parse(text);

        Assert.Equal((meant, isLocal), (listen.ToString(), listen.IsLocal));
        Assert.Matches("^[A-Za-z0-9._-]+$", listen.FileName);
    }

    [Theory]
    [InlineData("")]
    [InlineData("0")]
    [InlineData("65536")]
    [InlineData("127.0.0.1:0")]
    [InlineData("127.0.0.1:")]
    [InlineData("example.org:80")]
    [InlineData("::1:8080:x")]
    [InlineData("unix:")]
    [InlineData("-1")]
    [InlineData("127.0.0.1:80 ")]
    public void All_else_is_refused_with_what_to_write(string text)
    {
        var refused = Assert.Throws<PortolanException>(() => ListenAddress.Parse(text));

        Assert.Equal(ExitCode.Usage, refused.ExitCode);
        Assert.Contains("--listen 127.0.0.1:7265", refused.Hint!.ToString(), StringComparison.Ordinal);
    }
}
