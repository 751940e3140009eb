using System.Net.Security;
using System.Security.Cryptography.X509Certificates;
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

        Assert.Equal(
            ["http://198.18.0.2/a?b", "https://198.18.0.2/a?b"], check.GetProperty("hops").EnumerateArray().Select(h => h.Text("url")));
        Assert.Equal("route connect http", check.Hop(0).Kinds());
        Assert.Equal("route connect tls http", check.Hop(1).Kinds());
        var first = check.Hop(0).Step("http").GetProperty("response");
        Assert.Equal(
            (301, "HTTP/1.1", "https://198.18.0.2/a?b"),
            (first.GetProperty("status").GetInt32(), first.Text("version"), first.Text("location")));
        var second = check.Hop(1).Step("http").GetProperty("response");
        Assert.Equal(
            (200, "HTTP/2", 6, "complete"),
            (second.GetProperty("status").GetInt32(), second.Text("version"), second.GetProperty("bodyLength").GetInt32(),
                second.Text("bodyEnding")));
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
        Assert.Equal(
            "the server redirects to ftp://198.18.0.2/, which is not followed: it is neither http nor https", checks[1].Text("summary"));
        Assert.Single(
            lab.CheckJson(0, "https://198.18.0.2/loop", "--max-redirects", "0", "--expect", "status=302").GetProperty("hops")
                .EnumerateArray());
    }

    [Theory]
    [InlineData("", "no answer to the request in 1 s")]
    [InlineData("HTTP/1.1 200 O", "the answer's header was not complete in 1 s")]
    [InlineData("HTTP/1.1 200 OK\r\nServer: slow\r\n", "the answer's header was not complete in 1 s")]
    [InlineData("SSH-2.0-Test\r\n", "no HTTP: the server answered \"SSH-2.0-Test\"")]
    [InlineData("\u0015\u0003\u0001\0\u0002\u0002F", "no HTTP: the server speaks TLS on this port")]
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

        Assert.Equal(
            "the server closed the connection without an answer", lab.CheckJson(1, "http://198.18.0.2/").Step("http").Text("summary"));
    }

    [Fact]
    public void A_server_that_closes_in_the_middle_of_its_header_is_not_taken_for_one_of_another_protocol()
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Le"u8.ToArray());
        });

        Assert.Equal(
            "the server closed the connection in the middle of the answer's header",
            lab.CheckJson(1, "http://198.18.0.2/").Step("http").Text("summary"));
    }

    [Theory]
    [InlineData("five\r\nhello\r\n0\r\n\r\n", "HTTP/1.1 200 OK, 0 bytes, and then an invalid chunk")]
    [InlineData("5\r\nhello\r\nx", "HTTP/1.1 200 OK, 5 bytes, then the body stopped")]
    public void A_chunk_that_is_none_is_told_from_a_body_that_broke_off(string chunks, string summary)
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}"));
        });

        Assert.Equal(summary, lab.CheckJson(1, "http://198.18.0.2/").Step("http").Text("summary"));
    }

    [Theory]
    [InlineData(1, "timed-out", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", true)]
    [InlineData(1, "broken", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhello", false)]
    [InlineData(1, "broken", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", false)]
    [InlineData(1, "broken", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n9\r\nhello", false)]
    [InlineData(1, "broken", "HTTP/1.1 404 Not Found\r\nContent-Length: 100\r\n\r\nhello", false)]
    [InlineData(0, "complete", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", true)]
    [InlineData(0, "complete", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false)]
    [InlineData(0, "complete", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello", false)]
    [InlineData(1, "complete", "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nhello", false)]
    [InlineData(1, "complete", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\nhello", false)]
    [InlineData(0, "complete", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true)]
    [InlineData(0, "complete", "HTTP/1.0 200 OK\r\n\r\nhello", false)]
    [InlineData(0, "complete", "HTTP/1.1 200 OK\r\nContent-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", true)]
    [InlineData(1, "broken", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nfive\r\n", true)]
    public void A_body_that_is_shorter_than_its_server_says_fails_the_check(int exitCode, string ending, string says, bool staysOpen)
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(says));
            await (staysOpen ? Task.Delay(Timeout.Infinite) : Task.CompletedTask);
        });

        var response = lab.CheckJson(exitCode, "http://198.18.0.2/", "--timeout", "2").Step("http").GetProperty("response");

        // HttpClient keeps what came in one buffer with a chunk that is none.
        var length = says.EndsWith("five\r\n", StringComparison.Ordinal) ? 0 : 5;
        Assert.Equal((ending, length), (response.Text("bodyEnding"), response.GetProperty("bodyLength").GetInt32()));
        var status = response.GetProperty("status").GetInt32();
        Assert.Equal(
            exitCode == 0,
            lab.CheckAll(exitCode, "http://198.18.0.2/", "--timeout", "2", "--expect", $"status={status}")[0].GetProperty("passed")
                .GetBoolean());
    }

    [Fact]
    public void What_comes_behind_a_body_inside_TLS_is_a_warning_too()
    {
        using var lab = new CheckLab();
        var certificates = new TestCertificates(lab.Folder.Path);
        lab.Environment["SSL_CERT_FILE"] = certificates.RootFile;
        var (certificate, key) = certificates.Make(-1, 60, "198.18.0.2");
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        lab.Serve(443, async stream =>
        {
            await using var secured = new SslStream(stream);
            await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = pem });
            await CheckLab.ReadSomeAsync(secured);
            await secured.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world"u8.ToArray());
        });

        var step = lab.CheckJson(0, "https://198.18.0.2/").Step("http");

        Assert.Equal(
            ("warning", "HTTP/1.1 200 OK, 5 bytes, and 7 bytes beyond its Content-Length"), (step.Text("result"), step.Text("summary")));
    }

    [Theory]
    [InlineData(
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello, world", "warning",
        "HTTP/1.1 200 OK, 5 bytes, and 7 bytes beyond its Content-Length")]
    [InlineData(
        "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello!", "warning",
        "HTTP/1.1 200 OK, 5 bytes, and 1 byte beyond its Content-Length")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello\r\n", "ok", "HTTP/1.1 200 OK, 5 bytes")]
    [InlineData("HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nhello\n", "ok", "HTTP/1.1 200 OK, 6 bytes")]
    public void What_comes_behind_a_body_is_a_warning(string says, string result, string summary)
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes(says));
        });

        var step = lab.CheckJson(0, "http://198.18.0.2/").Step("http");

        Assert.Equal((result, summary), (step.Text("result"), step.Text("summary")));
    }

    [Theory]
    [InlineData(0, "complete", "5")]
    [InlineData(1, "broken", "9")]
    [InlineData(1, "broken", "2")]
    public void HTTP_2_counts_the_body_too(int exitCode, string ending, string contentLength)
    {
        using var lab = new CheckLab();
        var certificates = new TestCertificates(lab.Folder.Path);
        lab.Environment["SSL_CERT_FILE"] = certificates.RootFile;
        var (certificate, key) = certificates.Make(-1, 60, "198.18.0.2");
        using var pem = X509Certificate2.CreateFromPemFile(certificate, key);
        lab.Serve(443, async stream =>
        {
            await using var secured = new SslStream(stream);
            await secured.AuthenticateAsServerAsync(new SslServerAuthenticationOptions
            {
                ServerCertificate = pem,
                ApplicationProtocols = [SslApplicationProtocol.Http2],
            });
            // SETTINGS; once the request is there HEADERS with ":status: 200" and "content-length", then DATA with END_STREAM (RFC 9113
            // section 4.1, RFC 7541).
            byte[] headers = [0x88, 0x5c, (byte)contentLength.Length, .. Encoding.ASCII.GetBytes(contentLength)];
            await secured.WriteAsync((byte[])[0, 0, 0, 4, 0, 0, 0, 0, 0]);
            await ReadRequestAsync(secured);
            await secured.WriteAsync((byte[])[0, 0, (byte)headers.Length, 1, 4, 0, 0, 0, 1, .. headers]);
            await secured.WriteAsync((byte[])[0, 0, 5, 0, 1, 0, 0, 0, 1, .. "hello"u8]);
            await Task.Delay(Timeout.Infinite);
        });

        var step = lab.CheckJson(exitCode, "https://198.18.0.2/").Step("http");
        var response = step.GetProperty("response");

        Assert.Equal(("HTTP/2", ending), (response.Text("version"), response.Text("bodyEnding")));
        Assert.Equal(
            contentLength == "2",
            step.Text("meaning") == "clients treat the answer as malformed and discard it (RFC 9113 section 8.1.1)");
    }

    [Fact]
    public void A_redirect_is_a_line_for_each_connection_and_v_shows_the_steps()
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        var lines = lab.Check("https://198.18.0.2/0").Expect(0).Output.TrimEnd().Split('\n');
        var verbose = lab.Check("https://198.18.0.2/0", "-v").Expect(0).Output;

        Assert.Equal(13, lines.Length);
        Assert.Equal("https://198.18.0.2/0", lines[0]);
        Assert.Matches(@"^  hop 1 +[0-9.]+ ms  302 (Moved Temporarily|Found), https://198\.18\.0\.2/0, TLS 1\.[23]$", lines[1]);
        Assert.Matches(@"^  hop 11 +[0-9.]+ ms  200 OK, https://198\.18\.0\.2/10, TLS 1\.[23]$", lines[11]);
        Assert.Matches("^  reached, [0-9.]+ ms in all$", lines[12]);
        Assert.Equal(11, verbose.Split("\n  tls ").Length - 1);
        Assert.DoesNotContain("hop 1", verbose, StringComparison.Ordinal);
    }

    [Fact]
    public void The_last_connection_of_a_redirect_that_fails_is_shown_in_steps()
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        var lines = lab.Check("https://198.18.0.2/refused").Expect(1).Output.Split('\n');

        Assert.Matches(@"^  hop 2 +[0-9.]+ ms  port 9 of 198\.18\.0\.2: refused, http://198\.18\.0\.2:9/$", lines[2]);
        Assert.StartsWith("  connect ", lines[4], StringComparison.Ordinal);
        Assert.Contains(lines, l => l.Contains("(the host is up and nothing listens on that port", StringComparison.Ordinal));
    }

    [Fact]
    public void A_request_without_TLS_to_a_port_with_TLS_and_the_other_way_round_is_named()
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        var plain = lab.CheckJson(1, "http://198.18.0.2:443/").Step("http");
        var secured = lab.CheckJson(1, "https://198.18.0.2:80/").Step("tls");

        Assert.Equal(400, plain.GetProperty("response").GetProperty("status").GetInt32());
        Assert.StartsWith("this port speaks TLS: HTTP/1.1 400 Bad Request, ", plain.Text("summary"), StringComparison.Ordinal);
        Assert.Equal("the request came without TLS: write https://198.18.0.2:443", plain.Text("meaning"));
        Assert.Equal("no TLS: the server answered \"HTTP/1.1 400 Bad Request\"", secured.Text("summary"));
        Assert.Equal("this port speaks HTTP without TLS: write http://198.18.0.2:80", secured.Text("meaning"));
    }

    [Fact]
    public void A_bad_request_that_has_another_cause_is_not_blamed_on_TLS()
    {
        using var lab = new CheckLab();
        StartNginx(lab);

        Assert.Equal("the server answers, "
            + "but refuses this request", lab.CheckJson(0, "http://198.18.0.2/bad").Step("http").Text("meaning"));
    }

    [Theory]
    [InlineData("https", "no TLS: the server speaks HTTP without TLS on this port", "write http://198.18.0.2:8080")]
    [InlineData(
        "http", "the server closed the connection without an answer", "it does not speak HTTP on this port, or it failed on the request")]
    public void A_server_that_closes_at_the_first_strange_byte_is_asked_a_second_time(string scheme, string summary, string meaning)
    {
        using var lab = new CheckLab();
        lab.Serve(8080, async stream =>
        {
            var first = new byte[1];
            await stream.ReadAtLeastAsync(first, 1, throwOnEndOfStream: false);
            if (first[0] == 'H')
            {
                await stream.WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray());
            }
        });

        var step = lab.CheckJson(1, $"{scheme}://198.18.0.2:8080/").Step(scheme == "https" ? "tls" : "http");

        Assert.Equal((summary, meaning), (step.Text("summary"), step.Text("meaning")));
    }

    [Fact]
    public void A_body_without_end_is_read_up_to_a_limit_and_as_long_as_a_step_may_take()
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

        var limited = lab.CheckJson(0, "http://198.18.0.2/").Step("http");
        var step = lab.CheckJson(0, "http://198.18.0.2/", "--timeout", "2", "--max-body", "1024G").Step("http");
        var response = step.GetProperty("response");

        Assert.Equal("too-long", limited.GetProperty("response").Text("bodyEnding"));
        Assert.Equal(16_777_216, limited.GetProperty("response").GetProperty("bodyLength").GetInt64());
        Assert.Equal(16_777_216, limited.GetProperty("response").GetProperty("bodyLimit").GetInt64());
        Assert.Equal("check read 16777216 bytes of the body and stopped (--max-body): its end is unknown", limited.Text("meaning"));
        Assert.Equal(("too-long", JsonValueKind.Null), (response.Text("bodyEnding"), response.GetProperty("bodyLimit").ValueKind));
        Assert.Equal("the body was still arriving after 2 s (--timeout): its end is unknown", step.Text("meaning"));
        Assert.True(response.GetProperty("bodyLength").GetInt64() > 1024 * 1024, $"{response}");
    }

    [Theory]
    [InlineData("Content-Length: 10485760", "", true, "timed-out", "5242880 of 10485760 bytes, but the rest did not arrive in time")]
    [InlineData("Content-Length: 10485760", "", false, "broken", "5242880 of 10485760 bytes, then the body stopped")]
    [InlineData("Transfer-Encoding: chunked", "a00000\r\n", true, "timed-out", "5242880 bytes, but the rest did not arrive in time")]
    [InlineData("Transfer-Encoding: chunked", "a00000\r\n", false, "broken", "5242880 bytes, then the body stopped")]
    public void A_long_body_that_stops_fails_as_a_short_one_does(string field, string before, bool staysOpen, string ending, string size)
    {
        using var lab = new CheckLab();
        lab.Serve(80, async stream =>
        {
            await CheckLab.ReadSomeAsync(stream);
            await stream.WriteAsync(Encoding.Latin1.GetBytes($"HTTP/1.1 200 OK\r\n{field}\r\n\r\n{before}"));
            await stream.WriteAsync(new byte[5 * 1024 * 1024]);
            await (staysOpen ? Task.Delay(Timeout.Infinite) : Task.CompletedTask);
        });

        var step = lab.CheckJson(1, "http://198.18.0.2/", "--timeout", "4").Step("http");

        Assert.Equal((ending, $"HTTP/1.1 200 OK, {size}"), (step.GetProperty("response").Text("bodyEnding"), step.Text("summary")));
    }

    /// <summary>Reads the preface of HTTP/2, and frames up to the first HEADERS (RFC 9113 sections 3.4 and 4.1).</summary>
    private static async Task ReadRequestAsync(Stream stream)
    {
        await stream.ReadExactlyAsync(new byte["PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".Length]);
        var head = new byte[9];
        do
        {
            await stream.ReadExactlyAsync(head);
            await stream.ReadExactlyAsync(new byte[(head[0] << 16) | (head[1] << 8) | head[2]]);
        }
        while (head[3] != 1);
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
              server { listen 80; location / { return 301 https://198.18.0.2$request_uri; } location /bad { return 400; } }
              server {
                listen 443 ssl http2; ssl_certificate {{certificate}}; ssl_certificate_key {{key}};
                location / { return 200 "hello\n"; }
                location /teapot { return 404; }
                location /broken { return 503; }
                location /loop { return 302 /loop; }
                {{string.Join('\n', Enumerable.Range(0, 10).Select(i => $"location = /{i} {{ return 302 /{i + 1}; }}"))}}
                location /refused { return 302 http://198.18.0.2:9/; }
                location /ftp { return 302 ftp://198.18.0.2/; }
              }
            }
            """);
        lab.Serve(443, nginx, "-c", lab.Folder["nginx.conf"]);
    }
}
