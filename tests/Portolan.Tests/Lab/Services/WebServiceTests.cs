using System.Net;
using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
using Portolan.Transport.AspNetCore;

namespace Portolan.Tests.Lab.Services;

public sealed class WebServiceTests
{
    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task The_page_names_the_host_and_both_ends()
    {
        await using var world = new ServiceWorld();
        world.Serve("http", 80);
        using var client = Client(world);
        using var response = await client.GetAsync(new Uri("http://198.18.0.1/"), Cancellation);
        var page = await response.Content.ReadAsStringAsync(Cancellation);
        Assert.Contains("<h1>server</h1>", page, StringComparison.Ordinal);
        Assert.Contains("<p>server 198.18.0.1:80</p>", page, StringComparison.Ordinal);
        Assert.Matches("<p>client 198\\.18\\.0\\.9:[0-9]+</p>", page);
        Assert.Equal("nginx", response.Headers.Server.ToString());
        Assert.NotNull(response.Headers.Date);
    }

    [Fact]
    public async Task Each_host_answers_for_itself_though_one_server_serves_all()
    {
        await using var world = new ServiceWorld();
        var other = world.AddHost("other", "198.18.0.2/16");
        world.Serve("http", 80, ("title", "the first"));
        world.Serve(other, "http", 8080, ("text", "a <b> & c"), ("status", "503"));
        using var client = Client(world);
        Assert.Contains(
            "<h1>the first</h1>", await client.GetStringAsync(new Uri("http://198.18.0.1/"), Cancellation), StringComparison.Ordinal);
        using var response = await client.GetAsync(new Uri("http://198.18.0.2:8080/"), Cancellation);
        Assert.Equal(HttpStatusCode.ServiceUnavailable, response.StatusCode);
        Assert.Contains("a &lt;b&gt; &amp; c", await response.Content.ReadAsStringAsync(Cancellation), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("GET", "/large?bytes=300000", 200, 300000)]
    [InlineData("HEAD", "/large?bytes=300000", 200, 0)]
    [InlineData("GET", "/large?bytes=x", 400, -1)]
    [InlineData("GET", "/none", 404, -1)]
    [InlineData("GET", "/status/418", 418, -1)]
    [InlineData("GET", "/status/204", 204, 0)]
    [InlineData("DELETE", "/", 405, -1)]
    [InlineData("GET", "/slow?ms=1", 200, -1)]
    [InlineData("GET", "/chunked?chunks=3", 200, 24)]
    public async Task Its_paths_answer(string method, string path, int status, int length)
    {
        await using var world = new ServiceWorld();
        world.Serve("http", 80);
        using var client = Client(world);
        using var request = new HttpRequestMessage(new HttpMethod(method), "http://198.18.0.1" + path);
        using var response = await client.SendAsync(request, Cancellation);
        Assert.Equal(status, (int)response.StatusCode);
        var body = await response.Content.ReadAsByteArrayAsync(Cancellation);
        Assert.True(length == -1 || length == body.Length, $"{body.Length} bytes");
        Assert.Equal(path.StartsWith("/chunked", StringComparison.Ordinal), response.Headers.TransferEncodingChunked ?? false);
    }

    [Fact]
    public async Task What_is_posted_to_echo_comes_back()
    {
        await using var world = new ServiceWorld();
        world.Serve("http", 80);
        using var client = Client(world);
        using var content = new ByteArrayContent([.. Enumerable.Range(0, 200_000).Select(i => (byte)i)]);
        using var response = await client.PostAsync(new Uri("http://198.18.0.1/echo"), content, Cancellation);
        Assert.Equal(await content.ReadAsByteArrayAsync(Cancellation), await response.Content.ReadAsByteArrayAsync(Cancellation));
        Assert.StartsWith(
            "GET /echo?x=1 HTTP/1.1\nHost: ", await client.GetStringAsync(new Uri("http://198.18.0.1/echo?x=1"), Cancellation),
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_page_can_send_browsers_elsewhere()
    {
        await using var world = new ServiceWorld();
        world.Serve("http", 80, ("redirect", "https://www.example.com/"));
        await using var talk = await world.ConnectAsync(80);
        await talk.SendAsync("GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
        var answer = await talk.RestAsync();
        Assert.StartsWith("HTTP/1.1 302 Found\r\n", answer, StringComparison.Ordinal);
        Assert.Contains("\r\nLocation: https://www.example.com/\r\n", answer, StringComparison.Ordinal);
        await world.AllTalksEndAsync();
    }

    [Fact]
    public async Task Garbage_is_a_bad_request()
    {
        await using var world = new ServiceWorld();
        world.Serve("http", 80);
        await using var talk = await world.ConnectAsync(80);
        await talk.SendAsync("this is no request\r\n\r\n");
        Assert.StartsWith("HTTP/1.1 400 Bad Request\r\n", await talk.RestAsync(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("https://server/")]
    [InlineData("https://server.test.lab/")]
    [InlineData("https://198.18.0.1/")]
    [InlineData("https://[2001:db8::1]/")]
    public async Task A_client_that_trusts_the_authority_of_the_lab_trusts_its_hosts(string url)
    {
        await using var world = new ServiceWorld();
        world.Serve("https", 443);
        using var authority = X509Certificate2.CreateFromPem(world.Authority.AuthorityPem);
        using var handler = new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (context, token) => await world.Client.ConnectTcpAsync(
                new IPEndPoint(
                    IPAddress.TryParse(context.DnsEndPoint.Host, out var literal) ? literal : IPAddress.Parse(ServiceWorld.ServerAddress),
                    443), token),
            SslOptions = new SslClientAuthenticationOptions
            {
                CertificateChainPolicy = new X509ChainPolicy
                {
                    TrustMode = X509ChainTrustMode.CustomRootTrust,
                    CustomTrustStore = { authority },
                    RevocationMode = X509RevocationMode.NoCheck,
                },
            },
        };
        using var client = new HttpClient(handler);
        Assert.Contains("<h1>server</h1>", await client.GetStringAsync(new Uri(url), Cancellation), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_client_that_does_not_speak_tls_is_let_go()
    {
        await using var world = new ServiceWorld();
        world.Serve("https", 443);
        await using var talk = await world.ConnectAsync(443);
        await talk.SendAsync("GET / HTTP/1.1\r\nHost: x\r\n\r\n");
        await talk.RestAsync();
        await world.AllTalksEndAsync();
    }

    [Fact]
    public void A_certificate_has_all_names_and_addresses_of_its_host_and_is_made_once()
    {
        var directory = new TestDirectory();
        directory.Names.Add(("www", Portolan.Model.InternetAddress.From(IPAddress.Parse("198.18.0.7"))));
        directory.Names.Add(("www", Portolan.Model.InternetAddress.From(IPAddress.Parse("2001:db8::7"))));
        directory.Names.Add(("www.example.com", Portolan.Model.InternetAddress.From(IPAddress.Parse("198.18.0.7"))));
        using var authority = new Portolan.Lab.Services.LabAuthority(directory);
        var certificate = authority.For("www.example.com");
        Assert.Same(certificate, authority.For("WWW.example.com"));
        var names = Assert.Single(certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>());
        Assert.Equal(["www", "www.example.com", "www.test.lab"], names.EnumerateDnsNames().Order());
        Assert.Equal(["198.18.0.7", "2001:db8::7"], names.EnumerateIPAddresses().Select(a => a.ToString()).Order());
        Assert.True(certificate.MatchesHostname("www.test.lab"));

        // Names that nobody has get that of the lab: a client cannot fill the memory with them.
        Assert.Same(authority.For("a.invalid"), authority.For("b.invalid"));
    }

    private static HttpClient Client(ServiceWorld world) => new(world.Client.CreateHttpHandler());
}
