using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Listing;

/// <summary><c>portolan list</c> against ss and netstat as multisets of lines, in a namespace with sockets of every state.</summary>
public sealed partial class ListDifferentialTests
{
    [Fact]
    public void The_document_equals_ss_tunap() => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        List<string> ss = [];
        Multiset.EqualWhenStill(() => ss = [.. Tool.Lines("ss", "-tunapH").Select(FromSs)], Document, "ss");
        Assert.Contains(
            ss, row =>
                row.Contains("127.0.0.1:7001", StringComparison.Ordinal)
                    && row.EndsWith($" {string.Join(',', zoo.Children.Append(zoo.Parent).Order())}", StringComparison.Ordinal));
        Assert.Equal(2, ss.Count(row => row.Contains(":7002 ", StringComparison.Ordinal)));

        static IEnumerable<string> Document()
        {
            var document = JsonSchema.AssertValid(PortolanProgram.Run("list", "-tunap", "--json").Expect(0).Output);
            Assert.True(document.GetProperty("complete").GetBoolean());
            return document.GetProperty("sockets").EnumerateArray().Select(FromDocument);
        }
    });

    [Theory]
    [InlineData("-tan")]
    [InlineData("-tn")]
    [InlineData("-un")]
    [InlineData("-tuln")]
    [InlineData("-tuna4")]
    [InlineData("-tuna6")]
    public void The_same_sockets_are_chosen_as_by_ss(string flags) => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        Multiset.EqualWhenStill(
            () => Tool.Lines("ss", flags + "H").Select(line => Ends(line.Split(' ', StringSplitOptions.RemoveEmptyEntries))),
            () => PortolanProgram.Run("list", flags + "H", "--columns", "local,remote").Expect(0).Output
                .Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(
                    line => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries))),
            "ss " + flags);

        // ss leaves out the columns Netid and State when they say nothing; the ends stand last.
        static string Ends(string[] words) => $"{words[^2]} {words[^1]}";
    });

    [Theory]
    [InlineData("-tan")]
    [InlineData("-tanp")]
    [InlineData("-tulpn")]
    [InlineData("-tunapeo")]
    [InlineData("-tanW")]
    [InlineData("-n")]
    [InlineData("-ln")]
    [InlineData("-an")]
    [InlineData("-l4n")]
    [InlineData("-a6n")]
    [InlineData("-xapn")]
    [InlineData("-xl")]
    [InlineData("-x")]
    [InlineData("-wan")]
    public void Netstats_form_equals_netstat_line_by_line(string flags) => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        Multiset.EqualWhenStill(
            () => Tool.Lines("netstat", flags).Select(WithoutTimes),
            () => PortolanProgram.Run("list", "--netstat", flags).Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(WithoutTimes),
            "netstat " + flags);
    });

    [Fact]
    public void Csv_has_a_record_for_every_socket_of_the_document() => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        var csv = PortolanProgram.Run("list", "-tunap", "--csv").Expect(0).Output.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(Tool.Lines("ss", "-tunaH").Length, csv.Length - 1);
        Assert.All(csv, line => Assert.DoesNotContain('\n', line));
    });

    [Fact]
    public void The_control_group_a_socket_was_made_in_is_named() => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        var own =
            File.ReadLines("/proc/self/cgroup").FirstOrDefault(line => line.StartsWith("0::", StringComparison.Ordinal))?["0::".Length..];
        Assert.SkipWhen(own is null, "this machine has no cgroup2 hierarchy");
        var groups = PortolanProgram.Run("list", "-tlnH", "--columns", "createdIn").Expect(0).Output.Split(
            '\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.NotEmpty(groups);
        Assert.All(groups, group => Assert.Equal(own, group.Trim()));
    });

    [Fact]
    public void A_filter_equals_the_filter_of_ss() => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        foreach (var filter in (string[])[
            "sport = :8080", "state time-wait", "( sport = :8080 or dport = :8080 ) and src 127.0.0.0/8", "dst [::1]", "not src 127.0.0.1"])
        {
            var words = filter.Split(' ');
            var ss = Tool.Lines("ss", ["-tanH", .. words]).Length;
            var ours = PortolanProgram.Run(["list", "-tanH", .. words]).Expect(0).Output.Split(
                '\n', StringSplitOptions.RemoveEmptyEntries).Length;
            Assert.Equal((filter, ss), (filter, ours));
        }
    });

    [Fact]
    public void What_an_ordinary_user_may_not_see_is_counted_and_is_not_called_none() => Netns.Run(() =>
    {
        using var zoo = new SocketZoo();
        var result = PortolanProgram.RunAsNobody("list", "-tlnp").Expect(0);
        Assert.Matches("portolan: unknown: the owners of [0-9]+ sockets: .*run as root", result.Error);
        Assert.Contains("(hidden)", result.Output, StringComparison.Ordinal);
        var document = JsonSchema.AssertValid(PortolanProgram.RunAsNobody("list", "-tlp", "--json").Expect(0).Output);
        Assert.False(document.GetProperty("complete").GetBoolean());
        Assert.All(
            document.GetProperty("sockets").EnumerateArray(), s => Assert.Equal(JsonValueKind.Null, s.GetProperty("owners").ValueKind));
    });

    // tcp   LISTEN 0      128   0.0.0.0:22   0.0.0.0:*    users:(("sshd",pid=1,fd=3),("sshd",pid=2,fd=3))
    private static string FromSs(string line)
    {
        var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        var pids = Pid().Matches(line).Select(m => int.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)).Distinct().Order();
        return $"{fields[0]} {fields[1]} {fields[2]} {fields[3]} {fields[4]} {fields[5]} {string.Join(',', pids)}";
    }

    private static string FromDocument(JsonElement socket)
    {
        var isDual = socket.GetProperty("dualStack").GetBoolean();
        var local = socket.GetProperty("local");
        var state = socket.GetProperty("state").GetString() switch
        {
            "ESTABLISHED" => "ESTAB",
            "SYN-RECEIVED" => "SYN-RECV",
            "UNCONNECTED" => "UNCONN",
            var other => other,
        };
        var any = isDual ? "*" : socket.GetProperty("family").GetString() == "ipv4" ? "0.0.0.0" : "[::]";
        var remote = socket.GetProperty("remote");
        var pids = socket.GetProperty("owners").EnumerateArray().Select(o => o.GetProperty("pid").GetInt32()).Order();
        return $"{socket.GetProperty("protocol")} {state} {socket.GetProperty("receiveQueue")} {socket.GetProperty("sendQueue")} "
            + $"{End(local, isDual)} "
            + $"{(remote.ValueKind == JsonValueKind.Null ? $"{any}:*" : End(remote, isDual: false))} {string.Join(',', pids)}";
    }

    private static string End(JsonElement end, bool isDual)
    {
        var address = end.GetProperty("address").GetString()!;
        var scope = end.TryGetProperty("interface", out var name) && name.ValueKind == JsonValueKind.String ? "%" + name : "";
        var shown = isDual ? "*" : address.Contains(':', StringComparison.Ordinal) ? $"[{address}]" : address;
        return $"{shown}{scope}:{end.GetProperty("port")}";
    }

    /// <summary>
    /// Nor the repetitions of a half-open connection: /proc counts the timeouts (num_timeout), netlink the SYN-ACKs that were sent again
    /// (num_retrans), and the two part after a second.
    /// </summary>
    private static string WithoutTimes(string line)
    {
        var timeless = Timer().Replace(line, "(TIME/");
        return line.Contains(" SYN_RECV ", StringComparison.Ordinal) ? Repetitions().Replace(timeless, "(TIME/COUNT/") : timeless;
    }

    [GeneratedRegex("pid=([0-9]+)")]
    private static partial Regex Pid();

    [GeneratedRegex(@"\([0-9]+\.[0-9]{2}/")]
    private static partial Regex Timer();

    [GeneratedRegex(@"\(TIME/[0-9]+/")]
    private static partial Regex Repetitions();
}
