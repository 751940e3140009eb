using System.Net;
using System.Net.Sockets;
using System.Text;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Listing;
using Portolan.Lab.Topology;
using Portolan.Tests.Support;

namespace Portolan.Tests.Lab.Running;

/// <summary>The Unix socket of a lab, and <c>portolan list --lab</c> over it.</summary>
public sealed class ListingServerTests : IAsyncDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("portolan-list").FullName;
    private readonly VirtualNetwork _lab = new(SmallLab.Topology(
        SmallLab.Tcp("22,80", PortPolicy.Open), SmallLab.Tcp("1000-1999", PortPolicy.Open),
        SmallLab.Udp("7", new OpenPort(new ServiceSpec("echo")))));
    private readonly ListingServer _server;

    public ListingServerTests()
    {
        _lab.Start();
        _server = ListingServer.Start(_lab, SocketPath);
    }

    private string SocketPath => System.IO.Path.Combine(_folder, "lab.sock");

    public async ValueTask DisposeAsync()
    {
        await _server.DisposeAsync();
        await _lab.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task The_document_is_what_the_schema_says()
    {
        using var client = await ConnectAsync();
        var document = JsonSchema.AssertValid(await ReadAsync(client));
        Assert.Equal("small", document.GetProperty("host").GetString());
        Assert.Equal(
            ["server", "server", "server", "server", "crowd", "crowd", "crowd", "crowd"],
            document.GetProperty("sockets").EnumerateArray().Select(static s => s.GetProperty("host").GetString()));
    }

    [Fact]
    public void List_shows_the_hosts_where_owners_stand()
    {
        var (output, error) = List(0, "-n");
        Assert.Equal(
            """
            PROTO STATE       RECV-Q SEND-Q LOCAL     REMOTE OWNER
            tcp   LISTEN           0      0 *:22      *:*    server
            tcp   LISTEN           0      0 *:80      *:*    server
            tcp   LISTEN           0      0 *:*       *:*    server (ports 1000-1999)
            udp   UNCONNECTED      0      0 *:7       *:*    server
            tcp   LISTEN           0      0 0.0.0.0:22 0.0.0.0:* crowd (100 hosts)
            """.Split('\n').Select(Words).Take(6),
            output.Split('\n').Select(Words).Take(6));
        Assert.Equal("", error);
    }

    [Theory]
    [InlineData("-tln sport = :22", "server crowd (100 hosts)")]
    [InlineData("-uan", "server crowd (100 hosts)")]
    [InlineData("-uan -4", "crowd (100 hosts)")]
    [InlineData("-tan state established", "")]
    [InlineData("port 80 and namespace crowd", "crowd (100 hosts)")]
    public void Filters_and_kinds_choose_as_they_do_elsewhere(string words, string hosts) =>
        Assert.Equal(
            hosts,
            string.Join(
                ' ', List(0, ["-H", "--columns", "owner", .. words.Split(' ')]).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)));

    [Fact]
    public void The_machine_formats_have_the_host()
    {
        var document = JsonSchema.AssertValid(List(0, "-tl", "--json").Output);
        var last = document.GetProperty("sockets").EnumerateArray().Last();
        Assert.Equal(
            ("crowd", 100, "1000-1999", 0),
            (last.GetProperty("host").GetString(), last.GetProperty("hosts").GetInt32(), last.GetProperty("ports").GetString(),
                last.GetProperty("local").GetProperty("port").GetInt32()));
        var lines = List(0, "-tl", "--csv").Output.Split("\r\n");
        Assert.EndsWith(",host,hosts,ports", lines[0], StringComparison.Ordinal);
        Assert.EndsWith(",server,1,", lines[1], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Connections_are_shown_with_both_ends()
    {
        await using var stream = await _lab.StackOf("pc").ConnectTcpAsync(
            new IPEndPoint(IPAddress.Parse("198.18.1.107"), 80), cancellationToken: TestContext.Current.CancellationToken);
        string[] expected = [$"{stream.LocalEndPoint.Port} pc", "80 crowd-8"];

        // The client is connected before the last segment of the handshake reaches the server.
        for (var look = 0; look < 1000 && !Shown().SequenceEqual(expected); look++)
        {
            await Task.Delay(10, TestContext.Current.CancellationToken);
        }

        Assert.Equal(expected, Shown());

        string[] Shown() =>
        [
            .. List(0, "-H", "--columns", "localPort,owner", "-tn").Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(static line => string.Join(' ', Words(line))),
        ];
    }

    [Fact]
    public async Task Clients_that_never_read_keep_nobody_out_for_long()
    {
        var idle = new List<Socket>();
        for (var i = 0; i < ListingServer.MostClients * 2; i++)
        {
            idle.Add(await ConnectAsync());
        }

        using var client = await ConnectAsync();
        var asked = ReadAsync(client);
        JsonSchema.AssertValid(await asked.WaitAsync(ListingServer.Patience * 4, TestContext.Current.CancellationToken));
        idle.ForEach(static s => s.Dispose());
    }

    [Theory]
    [InlineData(null, 2, "this command does not run in a lab: PORTOLAN_LAB is not set", "run it inside portolan lab run")]
    [InlineData("", 2, "this command does not run in a lab: PORTOLAN_LAB is not set", "run it inside portolan lab run")]
    [InlineData("/nonexistent/lab.sock", 3, "no lab answers at /nonexistent/lab.sock", "the lab may have ended")]
    public void Without_a_lab_the_error_says_what_to_do(string? path, int exitCode, string message, string hint)
    {
        var error = List(exitCode, path, []).Error;
        Assert.Contains(message, error, StringComparison.Ordinal);
        Assert.Contains(hint, error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("-i")]
    [InlineData("-m")]
    [InlineData("-o")]
    [InlineData("--netstat")]
    [InlineData("--all-namespaces")]
    [InlineData("process nginx")]
    public void What_a_lab_has_not_is_refused(string words) => List(2, words.Split(' '));

    [Theory]
    [InlineData("")]
    [InlineData("nonsense")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("""{"schema":"portolan.sockets/2","host":"x","missing":[],"sockets":[]}""")]
    [InlineData("""{"schema":"portolan.sockets/1","host":"x","missing":[],"sockets":[{"protocol":"tcp"}]}""")]
    [InlineData("""{"schema":"portolan.sockets/1","host":"x","missing":[],"sockets":[{"protocol":"tcp","state":"LISTEN","local":{"address":"1","port":70000},"remote":null,"host":"a"}]}""")]
    public void An_answer_that_is_none_is_an_error(string answer)
    {
        using var fake = new FakeLab(System.IO.Path.Combine(_folder, "fake.sock"), answer);
        Assert.Contains("does not name a lab", List(3, fake.Path, []).Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Names_cannot_write_to_the_terminal()
    {
        const string Hostile =
            """{"schema":"portolan.sockets/1","host":"x","missing":[],"sockets":[{"protocol":"tcp","state":"LISTEN","local":{"address":"0.0.0.0","port":7},"remote":null,"host":"a\u001b[2Jb","hosts":1,"ports":"1\u001b]0;x"}]}""";
        using var fake = new FakeLab(System.IO.Path.Combine(_folder, "fake.sock"), Hostile);
        foreach (var format in new[] { "-n", "--csv" })
        {
            var output = List(0, fake.Path, [format]).Output;
            Assert.DoesNotContain('\u001b', output);
            Assert.Contains("\\x1b", output, StringComparison.Ordinal);
        }
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private (string Output, string Error) List(int exitCode, params string[] words) => List(exitCode, SocketPath, words);

    private static (string Output, string Error) List(int exitCode, string? path, string[] words)
    {
        var console = new TestConsole { Environment = { ["PORTOLAN_LAB"] = path! } };
        var result = console.Run(["list", "--lab", .. words]);
        Assert.True(exitCode == result, $"{result}: {console.Error}");
        return (console.Output, console.Error);
    }

    private async Task<Socket> ConnectAsync()
    {
        var client = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await client.ConnectAsync(new UnixDomainSocketEndPoint(SocketPath));
        return client;
    }

    private static async Task<string> ReadAsync(Socket client)
    {
        using var text = new MemoryStream();
        await using var stream = new NetworkStream(client);
        await stream.CopyToAsync(text);
        return Encoding.UTF8.GetString(text.ToArray());
    }

    /// <summary>Answers the first client with a text.</summary>
    private sealed class FakeLab : IDisposable
    {
        private readonly Socket _socket = new(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);

        public FakeLab(string path, string answer)
        {
            Path = path;
            _socket.Bind(new UnixDomainSocketEndPoint(path));
            _socket.Listen();
            _ = AnswerAsync(answer);
        }

        public string Path { get; }

        public void Dispose() => _socket.Dispose();

        private async Task AnswerAsync(string answer)
        {
            while (true)
            {
                using var client = await _socket.AcceptAsync();
                await client.SendAsync(Encoding.UTF8.GetBytes(answer));
            }
        }
    }
}
