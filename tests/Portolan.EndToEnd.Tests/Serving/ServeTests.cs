using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Serving;

/// <summary><c>portolan serve</c> as people start, use and end it.</summary>
public sealed class ServeTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_link_opens_a_session_once_and_a_restart_keeps_it()
    {
        using var page = new ServedPage();
        var link = page.FirstLink;
        var session = await page.OpenAsync(link);

        using (var client = page.Client())
        using (var again = await client.PostAsJsonAsync("/api/session", new { token = ServedPage.TokenOf(link) }, Token))
        {
            Assert.Equal(HttpStatusCode.Unauthorized, again.StatusCode);
        }

        Assert.Equal(["httponly", "path=/", "samesite=strict"], session.SetCookie.Split("; ").Skip(1)
            .Where(static p => !p.StartsWith("expires", StringComparison.Ordinal)).Order(StringComparer.Ordinal));
        page.Restart();
        Assert.Equal(["read", "scan"], await ScopesAsync(session));
    }

    [Fact]
    public async Task Looking_at_a_link_burns_nothing()
    {
        using var page = new ServedPage();
        using var client = page.Client();

        for (var look = 0; look < 3; look++)
        {
            using var shell = await client.GetAsync(page.FirstLink, Token);
            Assert.Equal(HttpStatusCode.OK, shell.StatusCode);
        }

        await page.OpenAsync();
    }

    [Fact]
    public async Task Another_link_grants_what_the_server_allows_and_no_more()
    {
        using var page = new ServedPage("--allow", "change");

        Assert.Equal(["read", "scan"], await ScopesAsync(await page.OpenAsync()));
        Assert.Equal(
            ["read", "scan", "change"],
            await ScopesAsync(await page.OpenAsync(page.Serve("--link", "--allow", "change").Expect(0).Output)));
        var refused = page.Serve("--link", "--allow", "admin");
        Assert.Equal(
            (2, $"portolan: the server on 127.0.0.1:{page.Port} was not started to allow admin\n"
                + "hint: restart it with portolan serve --allow admin\n"),
            (refused.ExitCode, refused.Error));
    }

    [Fact]
    public async Task A_server_that_starts_with_less_takes_from_sessions_what_it_does_not_allow()
    {
        using var page = new ServedPage("--allow", "change");
        var session = await page.OpenAsync(page.Serve("--link", "--allow", "change").Expect(0).Output);
        var sessions = await File.ReadAllTextAsync(Path.Combine(page.State, "sessions.json"), Token);
        using var less = new ServedPage();
        await File.WriteAllTextAsync(Path.Combine(less.State, "sessions.json"), sessions, Token);

        var moved = session with { Page = less, Cookie = session.Cookie.Replace($"{page.Port}", $"{less.Port}", StringComparison.Ordinal) };
        Assert.Equal(["read", "scan"], await ScopesAsync(moved));
    }

    [Fact]
    public async Task A_reset_ends_sessions_and_links_at_once()
    {
        using var page = new ServedPage();
        var session = await page.OpenAsync();
        var unopened = page.Serve("--link").Expect(0).Output;

        Assert.Equal("portolan: 1 session ended\n", page.Serve("--reset").Expect(0).Error);

        using var refused = await session.SendAsync(HttpMethod.Get, "/api/session");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        using var client = page.Client();
        using var late = await client.PostAsJsonAsync("/api/session", new { token = ServedPage.TokenOf(unopened) }, Token);
        Assert.Equal(HttpStatusCode.Unauthorized, late.StatusCode);
    }

    [Fact]
    public async Task A_session_that_logs_out_is_gone()
    {
        using var page = new ServedPage();
        var session = await page.OpenAsync();

        using var ended = await session.SendAsync(HttpMethod.Delete, "/api/session");
        Assert.Equal(HttpStatusCode.NoContent, ended.StatusCode);
        using var refused = await session.SendAsync(HttpMethod.Get, "/api/session");
        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
    }

    [Fact]
    public async Task A_token_is_for_programs_until_it_is_removed()
    {
        using var page = new ServedPage();
        var token = page.Serve("--new-token", "backup").Expect(0).Output.Trim();

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(page, token));
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(page, token + "x"));
        Assert.Equal(0, page.Serve("--remove-token", "backup").ExitCode);
        Assert.Equal(HttpStatusCode.Unauthorized, await StatusAsync(page, token));
        Assert.Equal(
            "portolan: no token is named 'backup'\nhint: this server has no tokens\n",
            page.Serve("--remove-token", "backup").Expect(1).Error);
    }

    [Fact]
    public void A_port_that_is_held_names_its_holder()
    {
        using var page = new ServedPage();
        using var folder = new TemporaryFolder();

        var refused = PortolanProgram.RunWith(
            new Dictionary<string, string?> { ["XDG_STATE_HOME"] = folder.Path }, "serve", "--listen", $"{page.Port}").Expect(3);

        Assert.Matches(
            $"^portolan: cannot listen on 127.0.0.1:{page.Port}: portolan-server \\({page.Program.Id}\\) holds the port\n"
            + $"hint: portolan who {page.Port} shows more, or use another port: --listen [0-9]+\n$",
            refused.Error);
    }

    [Fact]
    public void A_second_server_of_the_same_address_names_the_link_to_the_first()
    {
        using var page = new ServedPage();

        Assert.Equal(
            $"portolan: a server of this user already runs on 127.0.0.1:{page.Port}\n"
            + "hint: run portolan serve --link for another link to it\n",
            page.Serve().Expect(3).Error);
    }

    [Fact]
    public void A_link_without_a_server_says_how_to_start_one()
    {
        using var folder = new TemporaryFolder();

        var refused = PortolanProgram.RunWith(
            new Dictionary<string, string?> { ["XDG_STATE_HOME"] = folder.Path }, "serve", "--link", "--listen", "127.0.0.1:1").Expect(3);

        Assert.StartsWith("portolan: no server of this user runs on 127.0.0.1:1\nhint: start one with portolan serve", refused.Error,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("TERM")]
    [InlineData("INT")]
    public void It_ends_when_it_is_asked_to(string signal)
    {
        using var page = new ServedPage();
        using var open = new TcpClient("127.0.0.1", page.Port);

        page.Program.Signal(signal);

        Assert.Equal(0, page.Program.Finish().ExitCode);
        Assert.DoesNotContain("server.json", Directory.GetFiles(page.State).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Another_address_needs_a_certificate_and_a_secret_and_then_shows_its_fingerprint()
    {
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["XDG_STATE_HOME"] = folder.Path };
        var password = folder["password"];
        await File.WriteAllTextAsync(password, "correct horse battery\n", Token);

        Assert.Contains("unencrypted", Run("--listen", "0.0.0.0:47265").Expect(2).Error, StringComparison.Ordinal);
        Assert.Contains(
            "without a password or token", Run("--listen", "0.0.0.0:47265", "--tls-self-signed").Expect(2).Error,
            StringComparison.Ordinal);
        Assert.Contains("belong together", Run("--cert", "/dev/null").Expect(2).Error, StringComparison.Ordinal);
        await File.WriteAllTextAsync(folder["short"], "short\n", Token);
        Assert.Contains("fewer than 12", Run("--password-file", folder["short"]).Expect(2).Error, StringComparison.Ordinal);

        using var program = Programs.Start(
            PortolanProgram.Path,
            ["serve", "--json", "--listen", "0.0.0.0:47265", "--tls-self-signed", "--password-file", password], environment: environment);
        using var document = JsonDocument.Parse(program.NextLine()!);
        var fingerprint = document.RootElement.GetProperty("fingerprint").GetString()!.Replace(":", "", StringComparison.Ordinal);
        using var handler = new SocketsHttpHandler { UseProxy = false };
        handler.SslOptions.RemoteCertificateValidationCallback = (_, certificate, _, _) =>
            certificate!.GetCertHashString(HashAlgorithmName.SHA256) == fingerprint;
        using var client = new HttpClient(handler) { BaseAddress = new Uri("https://127.0.0.1:47265") };
        using var wrong = await client.PostAsJsonAsync("/api/session", new { password = "wrong" }, Token);
        using var right = await client.PostAsJsonAsync("/api/session", new { password = "correct horse battery" }, Token);

        Assert.Equal((HttpStatusCode.Unauthorized, HttpStatusCode.Created), (wrong.StatusCode, right.StatusCode));
        Assert.Contains("secure", right.Headers.GetValues("Set-Cookie").Single(), StringComparison.Ordinal);

        RunResult Run(params string[] words) => PortolanProgram.RunWith(environment, ["serve", .. words]);
    }

    [Fact]
    public async Task A_unix_socket_is_for_its_user_alone()
    {
        using var folder = new TemporaryFolder();
        var socket = folder["portolan.sock"];
        using var program = Programs.Start(
            PortolanProgram.Path, ["serve", "--json", "--listen", socket],
            environment: new Dictionary<string, string?> { ["XDG_STATE_HOME"] = folder.Path });
        using var document = JsonDocument.Parse(program.NextLine()!);

        Assert.Equal(JsonValueKind.Null, document.RootElement.GetProperty("url").ValueKind);
        Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(socket));
        using var client = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            ConnectCallback = async (_, token) =>
            {
                var connection = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
                await connection.ConnectAsync(new UnixDomainSocketEndPoint(socket), token);
                return new NetworkStream(connection, ownsSocket: true);
            },
        });
        using var hello = await client.GetAsync("http://localhost/api/hello", Token);
        Assert.Equal(HttpStatusCode.OK, hello.StatusCode);

        program.Signal("TERM");
        Assert.Equal(0, program.Finish().ExitCode);
        Assert.False(File.Exists(socket));
    }

    [Fact]
    public void A_journal_gets_no_link()
    {
        using var folder = new TemporaryFolder();
        using var page = new ServedPage();
        using var program = Programs.Start(
            PortolanProgram.Path, ["serve", "--listen", folder["s"]],
            environment: new Dictionary<string, string?> { ["XDG_STATE_HOME"] = folder.Path, ["JOURNAL_STREAM"] = "8:1" });

        program.WaitForError("portolan serve --link prints a link that opens it");
        program.Signal("TERM");
        Assert.Equal("", program.Finish().Expect(0).Output);
    }

    [Fact]
    public void A_browser_does_not_run_as_root()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root is refused");
        using var folder = new TemporaryFolder();
        var environment = new Dictionary<string, string?> { ["XDG_STATE_HOME"] = folder.Path };

        Assert.StartsWith(
            "portolan: --open would run a browser as root\n",
            PortolanProgram.RunWith(environment, "serve", "--open").Expect(2).Error, StringComparison.Ordinal);
    }

    private static async Task<HttpStatusCode> StatusAsync(ServedPage page, string token)
    {
        using var client = page.Client();
        using var request = new HttpRequestMessage(HttpMethod.Get, "/api/session");
        request.Headers.TryAddWithoutValidation("Authorization", $"Bearer {token}");
        using var answer = await client.SendAsync(request, Token);
        return answer.StatusCode;
    }

    private static async Task<string[]> ScopesAsync(BrowserSession session)
    {
        using var answer = await session.SendAsync(HttpMethod.Get, "/api/session");
        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return [.. document.RootElement.GetProperty("scopes").EnumerateArray().Select(static s => s.GetString()!)];
    }
}
