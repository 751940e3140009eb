using System.Text;
using Portolan.Model;
using Portolan.Scan.Identification;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Identification.Facts.Http;

namespace Portolan.Tests.Scan.Identification.Facts;

/// <summary>Facts of web servers: what is asked, where redirections lead, what hostile pages make of it.</summary>
public sealed class HttpFactTests
{
    private static readonly IdentifiedService Web = new("http");

    [Theory]
    [InlineData("<title>Welcome</title>", "Welcome")]
    [InlineData("<html><TITLE lang=en>\n  Two \t lines\r\n</Title>", "Two lines")]
    [InlineData("<title>a\u001b[2J\u202eb</title>", "a?[2J?b")]
    [InlineData("<title>no\u00a0break, \u2028 and \u0085 line\vtab\fform feed</title>", "no\u00a0break, ? and ? line?tab form feed")]
    [InlineData("<p>nothing</p>", "Site doesn't have a title (text/html).")]
    [InlineData("<title></title>", "Site doesn't have a title (text/html).")]
    [InlineData("<title>never ends", "Site doesn't have a title (text/html).")]
    public void The_title_is_one_line_of_printable_text(string body, string expected) =>
        Assert.Equal(expected, Pages(new() { ["/"] = Page(body) }).Ask("http-title", Web, 80)?.Output);

    [Theory]
    [InlineData("/login", "Login\nRequested resource was /login")]
    [InlineData("http://example.test/login", "Login\nRequested resource was /login")]
    [InlineData("http://192.0.2.1/login", "Login\nRequested resource was /login")]
    [InlineData("//example.test/login", "Login\nRequested resource was /login")]
    [InlineData("login#part", "Login\nRequested resource was /login")]
    [InlineData("https://example.test/login", "Did not follow redirect to https://example.test/login")]
    [InlineData("http://example.test:8080/login", "Did not follow redirect to http://example.test:8080/login")]
    [InlineData("http://elsewhere.test/login", "Did not follow redirect to http://elsewhere.test/login")]
    [InlineData("//elsewhere.test/login", "Did not follow redirect to //elsewhere.test/login")]
    [InlineData("/log in", "Did not follow redirect to /log in")]
    [InlineData("/", "Did not follow redirect to /")]
    public void Redirections_are_followed_on_the_same_host_and_port_only(string address, string expected)
    {
        var server = Pages(new() { ["/"] = Redirect(address), ["/login"] = Page("<title>Login</title>") });
        Assert.Equal(expected, server.Ask("http-title", Web, 80)?.Output);
        Assert.InRange(server.Received.Count, 1, 2);
    }

    [Fact]
    public void Redirections_come_to_an_end()
    {
        var turn = 0;
        var server = new FactServer(null, _ => Redirect($"/{++turn}"));
        Assert.Equal("Did not follow redirect to /5", server.Ask("http-title", Web, 80)?.Output);
        Assert.Equal(5, server.Connections);
    }

    [Fact]
    public void The_icon_is_hashed_as_nmap_and_Shodan_hash_it()
    {
        // The hashes are Python's, by hashlib and base64.encodebytes.
        var icon = Encoding.ASCII.GetBytes(string.Concat(Enumerable.Range(0, 40).Select(static n => $"icon {n};")));
        var server = Pages(new()
        {
            ["/"] = Page("<link rel='shortcut icon' href=\"i/f.ico\">"),
            ["/i/f.ico"] = Answer("200 OK", "Content-Type: image/x-icon\r\n", icon)
        });
        var fact = server.Ask("http-favicon", Web, 80);
        Assert.Equal("MD5: 3c49c47d47f4ccefa061f04d4262de9b; mmh3: 801729322", fact?.Output);
        Assert.Equal("/i/f.ico", fact?.Fields?.Single(static field => field.Key == "path").Text);
    }

    [Fact]
    public void A_page_that_says_there_is_no_icon_is_none()
    {
        Assert.Null(Pages(new() { ["/"] = Page("x"), ["/favicon.ico"] = Page("<p>no such page</p>") }).Ask("http-favicon", Web, 80));
        Assert.Null(Pages(new() { ["/"] = Page("x"), ["/favicon.ico"] = Answer("404 Not Found", "Content-Type: image/x-icon\r\n", [1, 2]) })
            .Ask("http-favicon", Web, 80));
        Assert.Null(Pages(new() { ["/"] = Page("x"), ["/favicon.ico"] = "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nhalf"u8.ToArray() })
            .Ask("http-favicon", Web, 80));
    }

    [Fact]
    public void What_robots_may_not_see_is_listed_and_not_asked_for()
    {
        var server = Pages(new()
        {
            ["/robots.txt"] = Page(
            "User-agent: *\nDisallow: /a\ndisallow:/b\nDisallow:\nDisallow: /a\nAllow: /c\n")
        });
        var fact = server.Ask("http-robots.txt", Web, 80);
        Assert.Equal("2 disallowed entries\n/a /b", fact?.Output);
        Assert.Single(server.Received);
        Assert.Null(Pages([]).Ask("http-robots.txt", Web, 80));
    }

    [Fact]
    public void Methods_and_logins_are_named_and_not_tried()
    {
        var methods = new FactServer(null,
            static _ => "HTTP/1.1 200 OK\r\nAllow: GET, HEAD,OPTIONS, put\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
        Assert.Equal("\n  Supported Methods: GET HEAD OPTIONS PUT\n  Potentially risky methods: PUT",
            methods.Ask("http-methods", Web, 80)?.Output);
        var login = Pages(new() { ["/"] = Answer("401 Unauthorized", "WWW-Authenticate: Basic realm=\"the \u001broom\"\r\n", []) });
        var fact = login.Ask("http-auth", Web, 80);
        Assert.Equal("\nHTTP/1.1 401 Unauthorized\n  Basic realm=\"the ?room\"", fact?.Output);
        Assert.Equal(["scheme=Basic", "realm=the ?room"], fact?.Fields?.Select(static field => $"{field.Key}={field.Text}"));
        Assert.DoesNotContain(login.Received,
            static sent => Encoding.ASCII.GetString(sent).Contains("Authorization", StringComparison.OrdinalIgnoreCase));
    }

    [Fact]
    public void The_generator_and_the_server_name_themselves()
    {
        var page = Answer("200 OK", "Server: x/1 (y)\r\nContent-Type: text/html\r\n",
            "<meta charset=x><meta name=\"Generator\" content=\"WordPress 6.4\">"u8.ToArray());
        Assert.Equal("WordPress 6.4", Pages(new() { ["/"] = page }).Ask("http-generator", Web, 80)?.Output);
        Assert.Equal("x/1 (y)", Pages(new() { ["/"] = page }).Ask("http-server-header", Web, 80)?.Output);
    }

    [Fact]
    public void Chunks_are_put_together()
    {
        var page = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\n<title>a\r\n9\r\nb</title>\r\n0\r\n\r\n"u8.ToArray();
        Assert.Equal("ab", new FactServer(null, _ => page).Ask("http-title", Web, 80)?.Output);
    }

    [Fact]
    public void An_endless_page_is_read_up_to_its_limit()
    {
        var flood = new byte[1 << 20];
        Array.Fill(flood, (byte)'a');
        var server = new FactServer(null, _ => [.. "HTTP/1.1 200 OK\r\n\r\n<title>x</title>"u8, .. flood]);
        Assert.Equal("x", server.Ask("http-title", Web, 80)?.Output);
        Assert.Null(new FactServer(null, _ => flood).Ask("http-title", Web, 80));
    }

    [Theory]
    [InlineData("/a", "/a")]
    [InlineData("b", "/x/b")]
    [InlineData("data:image/png;base64,AA", null)]
    [InlineData("javascript:alert(1)", null)]
    [InlineData("http://example.test:99999/", null)]
    [InlineData("file:///etc/passwd", null)]
    [InlineData("/a\r\nX: y", null)]
    [InlineData("", null)]
    public void Only_paths_of_the_same_port_are_asked_for(string address, string? path)
    {
        var target = new ServiceTarget(new Portolan.Scan.Checking.RemoteSocket(InternetAddress.FromIPv4(0xC000_0201), null,
            new PortNumber(80)), TransportProtocol.Tcp, "example.test");
        Assert.Equal(path, HttpPaths.Local(target, isSecure: false, "/x/y", address));
    }

    private static FactServer Pages(Dictionary<string, byte[]> pages) => new(null, asked =>
    {
        var path = Encoding.ASCII.GetString(asked).Split(' ')[1];
        return pages.GetValueOrDefault(path, Answer("404 Not Found", "", []));
    });

    private static byte[] Page(string body) => Answer("200 OK", "Content-Type: text/html\r\n", Encoding.UTF8.GetBytes(body));

    private static byte[] Redirect(string address) => Answer("302 Found", $"Location: {address}\r\n", []);

    private static byte[] Answer(string status, string headers, byte[] body) =>
        [.. Encoding.UTF8.GetBytes($"HTTP/1.1 {status}\r\n{headers}Content-Length: {body.Length}\r\n\r\n"), .. body];
}
