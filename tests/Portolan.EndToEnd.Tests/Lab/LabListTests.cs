using Portolan.EndToEnd.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary><c>portolan list --lab</c> of the built programs, in a lab.</summary>
public sealed class LabListTests
{
    [Fact]
    public void A_connection_of_the_command_is_among_the_sockets_of_the_host_it_went_to()
    {
        Programs.Find("curl", "/usr/bin/curl");
        Programs.Find("bash", "/bin/bash");
        var output = InOffice(
            "curl -s http://web/ >/dev/null; exec bash -c 'exec 3<>/dev/tcp/198.18.1.10/80; \"$0\" list --lab -Hn namespace web' \"$0\"")
            .Expect(0).Output;
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(static line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))).ToList();
        Assert.Contains("tcp LISTEN 0 0 *:80 *:* web", lines);
        Assert.Contains(
            lines,
            static line =>
                line.StartsWith("tcp ESTABLISHED 0 0 198.18.1.10:80 198.18.", StringComparison.Ordinal)
                    && line.EndsWith(" web", StringComparison.Ordinal));
        Assert.All(lines, static line => Assert.EndsWith(" web", line, StringComparison.Ordinal));
    }

    [Fact]
    public void Hosts_that_nobody_spoke_to_have_their_listeners()
    {
        var document = JsonSchema.AssertValid(InOffice("\"$0\" list --lab --json -l").Expect(0).Output);
        Assert.Equal("office", document.GetProperty("host").GetString());
        Assert.Contains(
            document.GetProperty("sockets").EnumerateArray(),
            static s => s.GetProperty("host").GetString() == "web" && s.GetProperty("local").GetProperty("port").GetInt32() == 443);
    }

    [Fact]
    public void Outside_a_lab_it_says_where_to_run_it()
    {
        var result = PortolanProgram.Run("list", "--lab").Expect(2);
        Assert.Contains("hint: run it inside portolan lab run", result.Error, StringComparison.Ordinal);
    }

    private static RunResult InOffice(string script) =>
        PortolanProgram.Run("lab", "run", "office", "--", "/bin/sh", "-c", script, PortolanProgram.Path);
}
