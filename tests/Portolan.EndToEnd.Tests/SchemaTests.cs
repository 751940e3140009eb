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
    public void The_document_follows_its_schema_for_an_ordinary_user(string line) => AssertValid(PortolanProgram.RunAsNobody([.. Words(line), "--json"]));

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

    private static string[] Words(string line) => line.Split(' ', StringSplitOptions.RemoveEmptyEntries);

    private static void AssertValid(RunResult result)
    {

        // 3 and 4: what is not decided, or may not be read, is a document too.
        Assert.True(result.ExitCode is 0 or 1 or 3 or 4, $"exit code {result.ExitCode}: {result.Error}");
        Assert.EndsWith("}\n", result.Output, StringComparison.Ordinal);
        JsonSchema.AssertValid(result.Output);
    }
}
