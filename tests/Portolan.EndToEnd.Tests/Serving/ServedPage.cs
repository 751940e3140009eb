using System.Net;
using System.Net.Http.Json;
using System.Net.Sockets;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Serving;

/// <summary>A server of the page that runs for a test, with its state in a folder of the test's own.</summary>
internal sealed class ServedPage : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly string[] _words;
    private RunningProgram _program;

    /// <summary>Starts one.</summary>
    /// <param name="words">Words after <c>portolan serve --listen 127.0.0.1:PORT --json</c>.</param>
    public ServedPage(params string[] words)
    {
        Port = FreePort();
        _words = words;
        (_program, FirstLink) = Start();
    }

    public int Port { get; }

    public string Origin => $"http://127.0.0.1:{Port}";

    /// <summary>The link that was printed when it started.</summary>
    public string FirstLink { get; private set; }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    /// <summary>The folder of its state.</summary>
    public string State => Path.Combine(_folder.Path, "portolan", "serve", $"127.0.0.1_{Port}");

    public RunningProgram Program => _program;

    /// <summary>Runs another <c>portolan serve</c> about the same server.</summary>
    public RunResult Serve(params string[] words) => PortolanProgram.RunWith(
        Environment, ["serve", "--listen", $"127.0.0.1:{Port}", .. words]);

    /// <summary>The token of a link.</summary>
    public static string TokenOf(string link) => link.Trim()[(link.IndexOf("#token=", StringComparison.Ordinal) + "#token=".Length)..];

    /// <summary>Kills it and starts it again.</summary>
    public void Restart(string signal = "KILL")
    {
        _program.Signal(signal);
        _program.Finish();
        _program.Dispose();
        (_program, FirstLink) = Start();
    }

    /// <summary>A client without a session, which keeps no cookies and follows no redirect.</summary>
    public HttpClient Client() => new(new SocketsHttpHandler { UseCookies = false, AllowAutoRedirect = false, UseProxy = false })
    {
        BaseAddress = new Uri(Origin),
        Timeout = TimeSpan.FromMinutes(1),
    };

    /// <summary>Opens a session with a link.</summary>
    public async Task<BrowserSession> OpenAsync(string? link = null)
    {
        using var client = Client();
        using var answer = await client.PostAsJsonAsync("/api/session", new { token = TokenOf(link ?? FirstLink) }, Token);
        Assert.Equal(HttpStatusCode.Created, answer.StatusCode);
        using var document = JsonDocument.Parse(await answer.Content.ReadAsStringAsync(Token));
        return new BrowserSession(
            this, answer.Headers.GetValues("Set-Cookie").Single().Split(';')[0], document.RootElement.GetProperty("key").GetString()!,
            answer.Headers.GetValues("Set-Cookie").Single());
    }

    public void Dispose()
    {
        _program.Dispose();
        _folder.Dispose();
    }

    private Dictionary<string, string?> Environment => new() { ["XDG_STATE_HOME"] = _folder.Path, ["STATE_DIRECTORY"] = null };

    private (RunningProgram Program, string Link) Start()
    {
        var program = Programs.Start(
            PortolanProgram.Path, ["serve", "--listen", $"127.0.0.1:{Port}", "--json", .. _words], environment: Environment);
        var line = program.NextLine() ?? throw new InvalidOperationException($"it did not start: {program.Finish().Error}");
        using var document = JsonDocument.Parse(line);
        return (program, document.RootElement.GetProperty("link").GetString()!);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}

/// <summary>A session of a browser: what it sends.</summary>
/// <param name="Page">The server.</param>
/// <param name="Cookie">The cookie, <c>name=value</c>.</param>
/// <param name="Key">The key.</param>
/// <param name="SetCookie">The cookie as the server set it.</param>
internal sealed record BrowserSession(ServedPage Page, string Cookie, string Key, string SetCookie)
{
    /// <summary>Sends a request with cookie and key.</summary>
    public Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body = null, params (string Name, string Value)[] headers) =>
        SendAsync(method, path, body, Cookie, Key, headers);

    /// <summary>Sends a request with another cookie or key, or without.</summary>
    public async Task<HttpResponseMessage> SendAsync(
        HttpMethod method, string path, object? body, string? cookie, string? key, params (string Name, string Value)[] headers)
    {
        using var client = Page.Client();
        using var request = new HttpRequestMessage(method, path);
        if (body is not null)
        {
            request.Content = JsonContent.Create(body);
        }

        (string Name, string? Value)[] all = [("Cookie", cookie), ("X-Portolan-Key", key), .. headers];
        foreach (var (name, value) in all)
        {
            if (value is not null)
            {
                request.Headers.TryAddWithoutValidation(name, value);
            }
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }
}
