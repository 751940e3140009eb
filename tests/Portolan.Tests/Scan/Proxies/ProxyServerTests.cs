using Portolan.Model;
using Portolan.Scan.Proxies;

namespace Portolan.Tests.Scan.Proxies;

/// <summary>Lists of proxies as people write them, and what an HTTP proxy's reply says.</summary>
public sealed class ProxyServerTests
{
    [Theory]
    [InlineData("socks5://192.0.2.1", "socks5://192.0.2.1:1080", null, null)]
    [InlineData("socks5://user:p%3Aass@[2001:db8::1]:99", "socks5://[2001:db8::1]:99", "user", "p:ass")]
    [InlineData("socks4://user@proxy.example:1", "socks4://proxy.example:1", "user", null)]
    [InlineData("http://proxy.example", "http://proxy.example:8080", null, null)]
    [InlineData("http://proxy.example:80", "http://proxy.example:80", null, null)]
    [InlineData("HTTP://a:@proxy.example:3128/", "http://proxy.example:3128", "a", "")]
    public void A_proxy_is_a_URL(string word, string expected, string? user, string? password)
    {
        var server = Assert.Single(ProxyServer.ParseList(word, "--proxies"));
        Assert.Equal((expected, user, password), (server.ToString(), server.User, server.Password));
    }

    [Theory]
    [InlineData("")]
    [InlineData("192.0.2.1:1080")]
    [InlineData("socks5://")]
    [InlineData("https://192.0.2.1:1080")]
    [InlineData("ftp://192.0.2.1")]
    [InlineData("socks5://192.0.2.1:0")]
    [InlineData("socks5://192.0.2.1:65536")]
    [InlineData("socks5://192.0.2.1/path")]
    [InlineData("socks5://192.0.2.1,")]
    [InlineData("socks4://user:secret@192.0.2.1")]
    [InlineData("socks5://secret%0A@192.0.2.1")]
    [InlineData("http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a,http://a")]
    public void What_is_no_list_of_proxies_is_refused_and_no_password_is_printed(string list)
    {
        var error = Assert.Throws<PortolanException>(() => ProxyServer.ParseList(list, "--proxies"));
        Assert.Equal(ExitCode.Usage, error.ExitCode);
        Assert.DoesNotContain("secret", error.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("HTTP/1.0 200 Connection established", ProxyAnswer.Connected)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 111", ProxyAnswer.Refused)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_CONNECT_FAIL 113", ProxyAnswer.HostUnreachable)]
    [InlineData("HTTP/1.1 503 Service Unavailable\r\nX-Squid-Error: ERR_DNS_FAIL 0", ProxyAnswer.HostUnreachable)]
    [InlineData("HTTP/1.1 502 X\r\nProxy-Status: a; error=dns_error, b; error=connection_refused; details=\"x\"", ProxyAnswer.Refused)]
    [InlineData("HTTP/1.1 502 Bad Gateway", ProxyAnswer.Failed)]
    [InlineData("HTTP/1.1 500 Unable to connect", ProxyAnswer.Failed)]
    [InlineData("HTTP/1.1 504 Gateway Timeout", ProxyAnswer.TimedOut)]
    [InlineData("HTTP/1.1 403 Forbidden", ProxyAnswer.Prohibited)]
    [InlineData("HTTP/1.1 407 Proxy Authentication Required", ProxyAnswer.Useless)]
    [InlineData("SSH-2.0-OpenSSH_9.2", ProxyAnswer.Useless)]
    [InlineData("HTTP/1.1 ", ProxyAnswer.Useless)]
    public void A_reply_says_no_more_than_it_says(string head, ProxyAnswer expected) =>
        Assert.Equal(expected, HttpHandshake.Judge(head.Split("\r\n")).Answer);
}
