using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Serving;

/// <summary>Attacks on the page: each is tried for real and refused.</summary>
public sealed class AttackTests : IDisposable
{
    private readonly ServedPage _page = new("--allow", "change,admin");

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _page.Dispose();

    [Fact]
    public async Task Another_program_of_this_host_gets_the_cookie_and_can_do_nothing_with_it()
    {
        var session = await _page.OpenAsync();

        // Cookies ignore ports: a browser sends this one to every port of 127.0.0.1, with what else it sends there.
        using var hostile = new TcpListener(IPAddress.Loopback, 0);
        hostile.Start();
        var origin = $"http://127.0.0.1:{((IPEndPoint)hostile.LocalEndpoint).Port}";
        using var victim = new HttpClient(new SocketsHttpHandler { UseCookies = false, UseProxy = false });
        using var visit = new HttpRequestMessage(HttpMethod.Get, origin);
        visit.Headers.TryAddWithoutValidation("Cookie", session.Cookie);
        var visiting = victim.SendAsync(visit, Token);
        string stolen;
        using (var connection = await hostile.AcceptTcpClientAsync(Token))
        {
            var buffer = new byte[4096];
            stolen = Encoding.ASCII.GetString(buffer, 0, await connection.GetStream().ReadAsync(buffer, Token))
                .Split("\r\n").Single(static l => l.StartsWith("Cookie: ", StringComparison.Ordinal))["Cookie: ".Length..];
            await connection.GetStream().WriteAsync("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"u8.ToArray(), Token);
        }

        (await visiting).Dispose();
        foreach (var key in new[] { null, "", stolen.Split('=')[1], ServedPage.TokenOf(_page.FirstLink) })
        {
            using var replay = await session.SendAsync(HttpMethod.Get, "/api/session", null, stolen, key);
            Assert.Equal(HttpStatusCode.Unauthorized, replay.StatusCode);
        }

        // A page of that origin makes the browser of the victim send it.
        using var site = await session.SendAsync(
            HttpMethod.Get, "/api/session", null, ("Sec-Fetch-Site", "same-site"), ("Origin", origin));
        Assert.Equal(HttpStatusCode.Forbidden, site.StatusCode);
    }

    [Theory]
    [InlineData("Sec-Fetch-Site", "same-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "cross-site", HttpStatusCode.Forbidden)]
    [InlineData("Sec-Fetch-Site", "same-origin", HttpStatusCode.OK)]
    [InlineData("Sec-Fetch-Site", "none", HttpStatusCode.OK)]
    [InlineData("Origin", "https://evil.example", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "null", HttpStatusCode.Forbidden)]
    [InlineData("Origin", "http://127.0.0.1", HttpStatusCode.Forbidden)]
    [InlineData("Host", "evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("Host", "127.0.0.1.evil.example", HttpStatusCode.MisdirectedRequest)]
    [InlineData("Host", "127.0.0.1", HttpStatusCode.MisdirectedRequest)]
    [InlineData("X-Forwarded-Host", "evil.example", HttpStatusCode.OK)]
    [InlineData("X-Forwarded-For", "192.0.2.1", HttpStatusCode.OK)]
    public async Task A_request_that_another_site_caused_is_refused(string header, string value, HttpStatusCode status)
    {
        var session = await _page.OpenAsync();

        using var answer = await session.SendAsync(HttpMethod.Get, "/api/session", null, (header, value));

        Assert.Equal(status, answer.StatusCode);
    }

    [Fact]
    public async Task A_name_that_was_bound_anew_gets_not_even_the_page()
    {
        using var client = _page.Client();
        foreach (var path in new[] { "/", "/assets/app.js", "/api/hello" })
        {
            using var request = new HttpRequestMessage(HttpMethod.Get, path);
            request.Headers.Host = $"rebound.example:{_page.Port}";
            using var answer = await client.SendAsync(request, Token);
            Assert.Equal(HttpStatusCode.MisdirectedRequest, answer.StatusCode);
        }
    }

    [Theory]
    [InlineData("text/plain")]
    [InlineData("application/x-www-form-urlencoded")]
    [InlineData("multipart/form-data")]
    public async Task A_form_of_another_site_begins_no_session(string type)
    {
        using var client = _page.Client();
        using var content = new StringContent($$"""{"token":"{{ServedPage.TokenOf(_page.FirstLink)}}"}""");
        content.Headers.ContentType = new(type);

        using var answer = await client.PostAsync("/api/session", content, Token);

        Assert.Equal(HttpStatusCode.UnsupportedMediaType, answer.StatusCode);
        await _page.OpenAsync();
    }

    [Theory]
    [InlineData("""{"token":"x","password":"y"}""")]
    [InlineData("""{"token":"x","admin":true}""")]
    [InlineData("{}")]
    [InlineData("null")]
    [InlineData("[]")]
    [InlineData("{\"token\":")]
    [InlineData("{\"token\":{}}")]
    public async Task A_body_of_another_shape_is_refused_and_changes_nothing(string body)
    {
        using var client = _page.Client();
        using var content = new StringContent(body, Encoding.UTF8, "application/json");

        using var answer = await client.PostAsync("/api/session", content, Token);

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task A_body_without_an_end_is_cut_off()
    {
        using var client = _page.Client();
        using var content = new StringContent($"{{\"token\":\"{new string('x', 1_000_000)}\"}}", Encoding.UTF8, "application/json");

        using var answer = await client.PostAsync("/api/session", content, Token);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, answer.StatusCode);
    }

    [Fact]
    public async Task Guessing_locks_no_link_out_and_leaves_what_sessions_did_in_the_log()
    {
        var session = await _page.OpenAsync();
        using var client = _page.Client();
        for (var guess = 0; guess < 200; guess++)
        {
            using var answer = await client.PostAsJsonAsync("/api/session", new { token = $"guess-{guess}" }, Token);
            Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        }

        await _page.OpenAsync(_page.Serve("--link").Expect(0).Output);
        using var still = await session.SendAsync(HttpMethod.Get, "/api/session");

        Assert.Equal(HttpStatusCode.OK, still.StatusCode);
        var log = await File.ReadAllLinesAsync(Path.Combine(_page.State, "audit.log"), Token);
        Assert.Equal(3, log.Length);
    }

    [Theory]
    [InlineData("PUT")]
    [InlineData("OPTIONS")]
    [InlineData("TRACE")]
    [InlineData("CONNECT-ME")]
    public async Task Other_methods_do_not_exist(string method)
    {
        var session = await _page.OpenAsync();

        using var answer = await session.SendAsync(new HttpMethod(method), "/api/session");

        Assert.Equal(HttpStatusCode.MethodNotAllowed, answer.StatusCode);
    }

    [Theory]
    [InlineData("/")]
    [InlineData("/ports/443")]
    [InlineData("/assets/app.js")]
    [InlineData("/assets/../index.html")]
    [InlineData("/assets/%2e%2e/%2e%2e/etc/passwd")]
    [InlineData("/assets/nothing.js")]
    [InlineData("/api/hello")]
    [InlineData("/api/session")]
    [InlineData("/api/nothing")]
    public async Task Every_answer_has_the_headers_that_keep_others_out(string path)
    {
        using var client = _page.Client();

        using var answer = await client.GetAsync(path, Token);

        var policy = answer.Headers.GetValues("Content-Security-Policy").Single();
        Assert.Contains("default-src 'none'", policy, StringComparison.Ordinal);
        Assert.Contains("frame-ancestors 'none'", policy, StringComparison.Ordinal);
        Assert.DoesNotContain("unsafe", policy, StringComparison.Ordinal);
        Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
        Assert.Equal("same-origin", answer.Headers.GetValues("Cross-Origin-Resource-Policy").Single());
        Assert.DoesNotContain("root:", await answer.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        Assert.False(answer.Headers.Contains("Server"));
    }

    [Theory]
    [InlineData("/api/session")]
    [InlineData("https://evil.example/")]
    [InlineData("//evil.example/")]
    [InlineData("/api/export/ports.csv#x")]
    [InlineData("/api/export/\r\nSet-Cookie: x=y")]
    public async Task A_ticket_is_for_downloads_alone(string path)
    {
        var session = await _page.OpenAsync();

        using var answer = await session.SendAsync(HttpMethod.Post, "/api/tickets", new { path });

        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
    }

    [Fact]
    public async Task Every_route_is_closed_to_who_has_no_session()
    {
        using var client = _page.Client();
        var routes = await RoutesAsync(client);
        Assert.True(routes.Count > 10);
        foreach (var (method, path, scope) in routes)
        {
            using var request = new HttpRequestMessage(method, path);
            request.Content = method == HttpMethod.Post ? JsonContent.Create(new { }) : null;
            using var answer = await client.SendAsync(request, Token);
            Assert.True(
                scope is null ? answer.StatusCode is HttpStatusCode.OK or HttpStatusCode.BadRequest
                    : answer.StatusCode == HttpStatusCode.Unauthorized,
                $"{method} {path}: {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_token_without_a_scope_does_nothing_that_needs_it()
    {
        using var client = _page.Client();
        client.DefaultRequestHeaders.Authorization = new("Bearer", _page.Serve("--new-token", "reader").Expect(0).Output.Trim());
        foreach (var (method, path, scope) in (await RoutesAsync(client)).Where(static r => r.Scope is not (null or "read")))
        {
            using var request = new HttpRequestMessage(method, path);
            request.Content = method == HttpMethod.Post ? JsonContent.Create(new { }) : null;
            using var answer = await client.SendAsync(request, Token);
            Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, $"{method} {path} ({scope}): {answer.StatusCode}");
        }
    }

    [Fact]
    public async Task A_stream_ends_with_its_session_and_with_the_server()
    {
        var session = await _page.OpenAsync();
        var other = await _page.OpenAsync(_page.Serve("--link").Expect(0).Output);
        using var first = await StreamAsync(session);
        using var second = await StreamAsync(other);

        using (await other.SendAsync(HttpMethod.Delete, "/api/session"))
        {
            await Assert.ThrowsAnyAsync<Exception>(() => EndAsync(second));
        }

        var since = TimeProvider.System.GetTimestamp();
        _page.Program.Signal("TERM");
        await EndAsync(first);
        Assert.Equal(0, _page.Program.Finish().ExitCode);
        TestContext.Current.SendDiagnosticMessage($"it ended after {TimeProvider.System.GetElapsedTime(since)}");
    }

    [Fact]
    public async Task Arguments_of_other_users_are_for_admins()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root sees processes of other users");
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port;
        listener.Stop();
        using var program = Programs.Start(
            "/usr/bin/setpriv",
            [
                "--reuid", "65534", "--regid", "65534", "--clear-groups", "/usr/bin/perl", "-MIO::Socket::INET", "-e",
                $"$s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => {port}, Listen => 1); $| = 1; "
                + "print qq(up\n); sleep 60",
                "--",
                "--password=secret-of-theirs",
            ]);
        Assert.Equal("up", program.NextLine());
        var reader = await _page.OpenAsync();
        var admin = await _page.OpenAsync(_page.Serve("--link", "--allow", "admin").Expect(0).Output);

        foreach (var path in new[] { $"/api/ports/{port}", $"/api/ports?filter={port}", $"/api/export/ports.json?filter={port}" })
        {
            using var hidden = await reader.SendAsync(HttpMethod.Get, path);
            Assert.DoesNotContain("secret-of-theirs", await hidden.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
            using var shown = await admin.SendAsync(HttpMethod.Get, path);
            Assert.Contains("secret-of-theirs", await shown.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_stop_ends_who_was_shown_and_not_who_took_the_port_since()
    {
        using var page = new ServedPage("--allow", "change");
        var session = await page.OpenAsync(page.Serve("--link", "--allow", "change").Expect(0).Output);
        var shown = Listener(0, out var port);
        var path = $"/api/ports/{port}/stop";
        string tag;
        using (var dry = await session.SendAsync(HttpMethod.Post, path, new { protocol = "tcp", dryRun = true }))
        {
            tag = dry.Headers.ETag!.Tag;
        }

        shown.Signal("KILL");
        shown.Finish();
        shown.Dispose();
        using var other = Listener(port, out _);
        using (var blind = await session.SendAsync(HttpMethod.Post, path, new { protocol = "tcp", dryRun = false }))
        {
            Assert.Equal(HttpStatusCode.PreconditionRequired, blind.StatusCode);
        }

        using (var late = await session.SendAsync(HttpMethod.Post, path, new { protocol = "tcp", dryRun = false }, ("If-Match", tag)))
        {
            Assert.Equal(HttpStatusCode.PreconditionFailed, late.StatusCode);
        }

        using (var again = await session.SendAsync(HttpMethod.Post, path, new { protocol = "tcp", dryRun = true }))
        {
            Assert.Contains("\"pids\"", await again.Content.ReadAsStringAsync(Token), StringComparison.Ordinal);
            tag = again.Headers.ETag!.Tag;
        }

        using var done = await session.SendAsync(HttpMethod.Post, path, new { protocol = "tcp", dryRun = false }, ("If-Match", tag));
        Assert.Equal(HttpStatusCode.OK, done.StatusCode);
        other.Finish();
    }

    [Fact]
    public async Task Questions_leave_no_descriptor_open()
    {
        var session = await _page.OpenAsync();
        string[] paths = ["/api/ports/80", "/api/ports/80/explain", "/api/rules", "/api/overview", "/api/sockets?limit=1", "/api/doctor"];
        await AskAsync();
        var before = Descriptors();
        for (var round = 0; round < 20; round++)
        {
            await AskAsync();
        }

        var after = Descriptors();
        Assert.True(after < before + paths.Length, $"{before} descriptors before, {after} after");

        int Descriptors() => Directory.EnumerateFileSystemEntries($"/proc/{_page.Program.Id}/fd").Count();

        async Task AskAsync()
        {
            foreach (var path in paths)
            {
                using var answer = await session.SendAsync(HttpMethod.Get, path);
                Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
            }
        }
    }

    private static RunningProgram Listener(int wanted, out int port)
    {
        var program = Programs.Start(
            "/usr/bin/perl",
            [
                "-MIO::Socket::INET", "-e",
                $"$s = IO::Socket::INET->new(LocalAddr => '127.0.0.1', LocalPort => {wanted}, Listen => 1, ReuseAddr => 1) or die; "
                + "$| = 1; print $s->sockport, qq(\n); sleep 60",
            ]);
        port = int.Parse(program.NextLine()!, CultureInfo.InvariantCulture);
        return program;
    }

    [Fact]
    public async Task Without_a_session_a_route_says_nothing_and_what_it_says_is_no_secret()
    {
        using var client = _page.Client();
        using var answer = await client.GetAsync("/api/session", Token);

        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        Assert.Equal(HttpStatusCode.Unauthorized, answer.StatusCode);
        Assert.Equal("no-session", document.RootElement.GetProperty("error").GetProperty("code").GetString());
        Assert.Equal(["error"], document.RootElement.EnumerateObject().Select(static p => p.Name));
    }

    private static async Task<List<(HttpMethod Method, string Path, string? Scope)>> RoutesAsync(HttpClient client)
    {
        using var document = JsonDocument.Parse(await client.GetStringAsync("/api/openapi.json", Token));
        var paths = document.RootElement.GetProperty("paths").EnumerateObject();
        return [.. paths.SelectMany(static path => path.Value.EnumerateObject().Select(
            operation => (
                new HttpMethod(operation.Name.ToUpperInvariant()), path.Name.Replace("{port}", "80", StringComparison.Ordinal),
                operation.Value.GetProperty("x-scope").GetString())))];
    }

    private static async Task<Stream> StreamAsync(BrowserSession session)
    {
        var client = session.Page.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/events");
        request.Headers.TryAddWithoutValidation("Cookie", session.Cookie);
        request.Headers.TryAddWithoutValidation("X-Portolan-Key", session.Key);
        var answer = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Token);
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        var stream = await answer.Content.ReadAsStreamAsync(Token);
        var buffer = new byte[13];
        await stream.ReadExactlyAsync(buffer, Token);
        Assert.Equal("event: hello\n", Encoding.ASCII.GetString(buffer));
        return stream;
    }

    private static async Task EndAsync(Stream stream)
    {
        var buffer = new byte[4096];
        while (await stream.ReadAsync(buffer, Token) > 0)
        {
            // What comes is of no interest, only that it ends.
        }
    }

    [Fact]
    public async Task Logins_are_in_the_log_and_their_secrets_are_not()
    {
        await _page.OpenAsync();

        var log = await File.ReadAllTextAsync(Path.Combine(_page.State, "audit.log"), Token);
        Assert.Contains("POST /api/session", log, StringComparison.Ordinal);
        Assert.DoesNotContain(ServedPage.TokenOf(_page.FirstLink), log, StringComparison.Ordinal);
    }
}
