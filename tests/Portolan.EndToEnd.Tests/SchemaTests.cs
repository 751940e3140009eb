using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>Real output of the built program against docs/schema, as root and as an ordinary user.</summary>
public sealed class SchemaTests
{
    public static TheoryData<string> CommandLines =>
    [
        "",
        "--all",
        "list",
        "list -tunap",
        "list -a -w -x -0 -S -M -d -U -p -o -i -m -e",
        "list --all-namespaces",
        "who 1",
        "who 65535/udp",
        "free",
        "free 8000-8100 --count 3",
        "port",
        "port 443",
        "port 0-65535",
        "doctor",
        "check 127.0.0.1:1 udp://127.0.0.1:1 http://127.0.0.1:1",
        "explain 1",
        "explain 1/udp -6",
        "explain localhost:1",
        "explain 192.0.2.1:1",
        "version",
    ];

    [Theory]
    [MemberData(nameof(CommandLines))]
    public void The_document_follows_its_schema(string line) => AssertValid(PortolanProgram.Run([.. Words(line), "--json"]));

    [Theory]
    [MemberData(nameof(CommandLines))]
    public void The_document_follows_its_schema_for_an_ordinary_user(string line) =>
        AssertValid(PortolanProgram.RunAsNobody([.. Words(line), "--json"]));

    /// <summary>Those that look at this host only: from a new namespace the others are still all of the machine's.</summary>
    public static TheoryData<string> LocalCommandLines =>
        [.. CommandLines.Select(row => row.Data).Where(line => !line.Contains("--all", StringComparison.Ordinal))];

    [Theory]
    [MemberData(nameof(LocalCommandLines))]
    public void The_document_follows_its_schema_in_a_container(string line) =>
        AssertValid(Inside(["--pid", "--fork", "--kill-child", "--mount-proc", "--net", "--uts"], line));

    [Theory]
    [MemberData(nameof(LocalCommandLines))]
    public void The_document_follows_its_schema_where_proc_is_empty(string line) =>
        AssertValid(Inside(["--mount", "--net", "/bin/sh", "-c", "mount -t tmpfs none /proc && exec \"$@\"", "sh"], line));

    [Theory]
    [InlineData("list -tl --watch=0.1 --json", "portolan.sockets/1", "INT", 130)]
    [InlineData("list -tunap --watch=0.1 --json", "portolan.sockets/1", "TERM", 143)]
    [InlineData("--watch=0.1 --json", "portolan.chart/1", "INT", 130)]
    [InlineData("check 127.0.0.1:1 --watch=0.1 --json", "portolan.check/1", "INT", 130)]
    [InlineData("scan -sT --max-rate 50 -p 1-5000 127.0.0.1 --json --stats-every 100ms", "portolan.scan/1", "INT", 130)]
    [InlineData("forward 127.0.0.1:0 127.0.0.1:1 --json", "portolan.forward/1", "TERM", 143)]
    [InlineData("traffic --json --every 100ms", "portolan.traffic/1", "INT", 130)]
    [InlineData("traffic --json --every 100ms --by connection --method polling", "portolan.traffic/1", "TERM", 143)]
    public void Each_line_of_a_stream_that_is_cut_follows_its_schema(string line, string schema, string signal, int exitCode)
    {
        // What list shows at once, whatever else listens here: it says no more before something changes.
        using var first = new TcpListener(IPAddress.Loopback, 0);
        using var second = new TcpListener(IPAddress.Loopback, 0);
        first.Start();
        second.Start();
        using var program = PortolanProgram.Start(Words(line));
        var lines = new List<string> { program.NextLine()! };
        for (var more = schema is "portolan.forward/1" or "portolan.check/1" ? 0 : 2; more > 0; more--)
        {
            lines.Add(program.NextLine()!);
        }

        program.Signal(signal);
        var rest = program.Finish().Expect(exitCode).Output;

        Assert.True(rest.Length == 0 || rest.EndsWith('\n'), "the last line is cut");
        lines.AddRange(rest.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        var rules = JsonSchema.Load(schema);
        Assert.All(lines, text => Assert.Empty(rules.Validate(System.Text.Json.JsonDocument.Parse(text).RootElement)));
    }

    [Theory]
    [InlineData("stop 7070 --dry-run")]
    [InlineData("who 7070")]
    public void What_is_refused_to_an_ordinary_user_is_a_document_too(string line)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);

        AssertValid(PortolanProgram.RunAsNobody([.. Words(line.Replace("7070", port, StringComparison.Ordinal)), "--json"]));
    }

    [Theory]
    [InlineData("firewall show")]
    [InlineData("firewall show --by-rule")]
    public void Rules_follow_their_schema_and_are_not_shown_to_an_ordinary_user(string line)
    {
        AssertValid(PortolanProgram.Run([.. Words(line), "--json"]));
        var refused = PortolanProgram.RunAsNobody([.. Words(line), "--json"]).Expect(4);
        Assert.Equal("", refused.Output);
        Assert.Contains("hint: ", refused.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_plan_of_a_stop_follows_its_schema()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var port = ((IPEndPoint)listener.LocalEndpoint).Port.ToString(CultureInfo.InvariantCulture);
        AssertValid(PortolanProgram.Run("stop", port, "--dry-run", "--force", "--json"));
    }

    private static RunResult Inside(string[] unshare, string line)
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "needs root to make namespaces");
        return Programs.Run(Programs.Find("unshare", "/usr/bin/unshare"), [.. unshare, PortolanProgram.Path, .. Words(line), "--json"]);
    }

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void AssertValid(RunResult result)
    {

        // 3 and 4: what is not decided, or may not be read, is a document too.
        Assert.True(result.ExitCode is 0 or 1 or 3 or 4, $"exit code {result.ExitCode}: {result.Error}");
        Assert.EndsWith("}\n", result.Output, StringComparison.Ordinal);
        JsonSchema.AssertValid(result.Output);
    }
}
