using System.Text;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Checking;

/// <summary>HTTP against nginx, and against servers that hang at each step.</summary>
public sealed class CheckHttpTests
{
    [Fact]
    public void A_redirect_is_followed_as_a_new_connection_with_its_own_steps()
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        var check = lab.CheckJson(0, "http://198.18.0.2/a?b", "--expect", "status=200", "--expect", "tls-days=14+");

        Assert.Equal(["http://198.18.0.2/a?b", "https://198.18.0.2/a?b"], check.GetProperty("hops").EnumerateArray().Select(h => h.Text("url")));
        Assert.Equal("route connect http", check.Hop(0).Kinds());
        Assert.Equal("route connect tls http", check.Hop(1).Kinds());
        var first = check.Hop(0).Step("http").GetProperty("response");
        Assert.Equal((301, "HTTP/1.1", "https://198.18.0.2/a?b"), (first.GetProperty("status").GetInt32(), first.Text("version"), first.Text("location")));
        var second = check.Hop(1).Step("http").GetProperty("response");
        Assert.Equal((200, "HTTP/2", 6, "complete"), (second.GetProperty("status").GetInt32(), second.Text("version"), second.GetProperty("bodyLength").GetInt32(), second.Text("bodyEnding")));
        Assert.StartsWith("nginx", second.Text("server"), StringComparison.Ordinal);
        Assert.Equal("h2", check.Hop(1).Step("tls").Text("alpn"));
        Assert.NotEqual(OurPort(check.Hop(0)), OurPort(check.Hop(1)));
    }

    [Theory]
    [InlineData("/teapot", 404, 0, "warning")]
    [InlineData("/broken", 503, 1, "failed")]
    [InlineData("/fine", 200, 0, "ok")]
    public void The_status_decides_what_is_reached(string path, int status, int exitCode, string result)
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        var http = lab.CheckJson(exitCode, $"https://198.18.0.2{path}").Step("http");

        Assert.Equal((status, result), (http.GetProperty("response").GetProperty("status").GetInt32(), http.Text("result")));
    }

    [Fact]
    public void Redirects_that_lead_nowhere_end()
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        var checks = lab.CheckAll(1, "https://198.18.0.2/loop", "https://198.18.0.2/ftp", "--max-redirects", "3");

        Assert.Equal(4, checks[0].GetProperty("hops").GetArrayLength());
        Assert.Equal("more than 3 redirects", checks[0].Text("summary"));
        Assert.Equal("the server redirects to ftp://198.18.0.2/, which is not followed: it is neither http nor https", checks[1].Text("summary"));
        Assert.Single(lab.CheckJson(0, "https://198.18.0.2/loop", "--max-redirects", "0", "--expect", "status=302").GetProperty("hops").EnumerateArray());
    }

    [Theory]
    [InlineData("", "no answer to the request in 1 s")]
    [InlineData("HTTP/1.1 200 O", "the answer's header was not complete in 1 s")]
    [InlineData("HTTP/1.1 200 OK\r\nServer: slow\r\n", "the answer's header was not complete in 1 s")]
    [InlineData("SSH-2.0-Test\r\n", "no HTTP: the server answered \"SSH-2.0-Test\"")]
    [InlineData("\u0015\u0003\u0001\0\u0002\u0002F", "no HTTP: the server answered with TLS")]
    public void A_server_that_hangs_or_speaks_something_else_is_described(string says, string summary)
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(says));
            await Task.Delay(Timeout.Infinite);
        });

        var check = lab.CheckJson(1, "http://198.18.0.2/", "--timeout", "1");

        Assert.Equal((summary, "failed"), (check.Step("http").Text("summary"), check.Step("http").Text("result")));
        Assert.Equal("open", check.Text("state"));
    }

    [Fact]
    public void A_server_that_closes_without_an_answer_is_described()
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream => await CheckLab.ReadSomeAsync(stream));

        Assert.Equal("the server closed the connection without an answer", lab.CheckJson(1, "http://198.18.0.2/").Step("http").Text("summary"));
    }

    [Theory]
    [InlineData("timed-out", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", true)]
    [InlineData("broken", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", false)]
    [InlineData("complete", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true)]
    [InlineData("complete", "HTTP/1.0 200 OK\r\n\r\nhello", false)]
    public void A_body_is_read_to_its_end_or_as_far_as_it_comes(string ending, string says, bool staysOpen)
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(says));
            await (staysOpen ? Task.Delay(Timeout.Infinite) : Task.CompletedTask);
        });

        var response = lab.CheckJson(0, "http://198.18.0.2/", "--timeout", "2").Step("http").GetProperty("response");

        Assert.Equal((ending, 5), (response.Text("bodyEnding"), response.GetProperty("bodyLength").GetInt32()));
    }

    [Fact]
    public void A_body_without_end_is_read_up_to_a_limit()
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nServer: \u001b[31mred\r\n\r\n"u8.ToArray());
            while (true)
            {
                await stream.WriteAsync(new byte[65536]);
            }
        });

        var response = lab.CheckJson(0, "http://198.18.0.2/").Step("http").GetProperty("response");

        Assert.Equal("too-long", response.Text("bodyEnding"));
        Assert.InRange(response.GetProperty("bodyLength").GetInt64(), 1024 * 1024, (1024 * 1024) + 65536);
    }

    private static int OurPort(JsonElement hop) =>
        hop.Step("connect").GetProperty("attempts")[0].GetProperty("sent").GetProperty("source").GetProperty("port").GetInt32();

    private static void StartNginx(CheckLab lab)
    {
        var nginx = Programs.Find("nginx", "/usr/sbin/nginx");
        Assert.SkipUnless(PortolanProgram.IsRoot, "nginx on port 80 needs root");
        var certificates = new TestCertificates(lab.Folder.Path);
        lab.Environment["SSL_CERT_FILE"] = certificates.RootFile;
        var (certificate, key) = certificates.Make(-1, 60, "198.18.0.2");
        var folder = lab.Folder.Path;
        File.WriteAllText(lab.Folder["nginx.conf"], $$"""
            user root; daemon off; master_process off; pid {{folder}}/nginx.pid; error_log stderr warn;
            events { }
            http {
              access_log off; client_body_temp_path {{folder}}/1; proxy_temp_path {{folder}}/2; fastcgi_temp_path {{folder}}/3;
              uwsgi_temp_path {{folder}}/4; scgi_temp_path {{folder}}/5;
              server { listen 80; return 301 https://198.18.0.2$request_uri; }
              server {
                listen 443 ssl http2; ssl_certificate {{certificate}}; ssl_certificate_key {{key}};
                location / { return 200 "hello\n"; }
                location /teapot { return 404; }
                location /broken { return 503; }
                location /loop { return 302 /loop; }
                location /ftp { return 302 ftp://198.18.0.2/; }
              }
            }
            """);
        lab.Serve(443, nginx, "-c", lab.Folder["nginx.conf"]);
    }
}
