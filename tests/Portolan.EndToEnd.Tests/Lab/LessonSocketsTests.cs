using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary><c>portolan lab run NAME --at STEP -- COMMAND</c>: tools at the lesson's hosts list its sockets.</summary>
public sealed class LessonSocketsTests
{
    [Theory]
    [InlineData("pc", "198.18.0.10:60200 203.0.113.20:80", "198.18.0.10:60401 203.0.113.30:80")]
    [InlineData("site1", "203.0.113.20:80 198.18.0.10:60200")]
    [InlineData("site2", "203.0.113.30:80 198.18.0.10:60401")]
    public void Each_host_of_the_lesson_has_its_end_of_the_socket_pairs(string host, params string[] pairs)
    {
        Programs.Find("ss", "/usr/bin/ss", "/bin/ss");
        var result = PortolanProgram.Run(
            "lab", "run", "two-browsers", "--at", "2", "--on", host, "--", "ss", "-Htn", "state", "established").Expect(0);

        Assert.Equal(
            pairs,
            result.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(static l => string.Join(" ", l.Split(" ", StringSplitOptions.RemoveEmptyEntries)[2..]))
                .Order(StringComparer.Ordinal));
        Assert.Equal(
            $"portolan: two-browsers at step 2: its sockets are open at pc, site1 and site2; the command runs at {host}\n", result.Error);
    }

    [Fact]
    public void Netstat_of_the_kernel_lists_what_the_lesson_prints_as_netstat()
    {
        Programs.Find("netstat", "/bin/netstat", "/usr/bin/netstat");
        var lesson = PortolanProgram.Run("lab", "run", "states").Expect(0).Output;
        var table = lesson[lesson.IndexOf("server: netstat -atn", StringComparison.Ordinal)..].Split('\n').Skip(1)
            .TakeWhile(static l => l.Trim().Length > 0).Select(Words).Skip(1).Order(StringComparer.Ordinal).ToList();

        var listed = PortolanProgram.Run("lab", "run", "states", "--at", "7", "--", "netstat", "-atn").Expect(0).Output.Split('\n')
            .Where(static l => l.StartsWith("tcp", StringComparison.Ordinal))
            .Select(static l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Where(static w => !w[3].EndsWith(":7000", StringComparison.Ordinal))
            .Select(static w => string.Join(' ', w[0], w[3], w[4], w[5])).Order(StringComparer.Ordinal).ToList();

        Assert.NotEmpty(table);
        Assert.Equal(table, listed);

        static string Words(string line) => string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Without a step: the last one that leaves a connection open. Another terminal enters the other host.</summary>
    [Fact]
    public void The_lesson_s_sockets_are_there_without_a_step_and_for_another_terminal()
    {
        using var program = PortolanProgram.Start("lab", "run", "two-browsers", "--", "/bin/sh", "-c", "ss -Htn | wc -l; read x");
        Assert.Equal("4", program.NextLine());
        Assert.Equal(
            "2\n",
            PortolanProgram.Run("lab", "exec", "two-browsers", "site1", "--", "/bin/sh", "-c", "ss -Htn | wc -l").Expect(0).Output);

        // Who connects to a port of the lesson reaches the service that the lab has there.
        Assert.Contains(
            "<title>site2</title>",
            PortolanProgram.Run("lab", "exec", "two-browsers", "pc", "--", "curl", "-sS", "--max-time", "20", "http://site2/").Expect(
                0).Output,
            StringComparison.Ordinal);
        program.Input.Close();
        program.Finish();
    }

    [Fact]
    public void A_lab_with_a_vantage_runs_the_command_there_and_opens_nothing_unasked()
    {
        var look = PortolanProgram.Run("lab", "run", "port-forward", "--", "/bin/sh", "-c", "ip -4 -o addr show dev lab0; ss -Htan")
            .Expect(0);
        Assert.DoesNotContain("198.51.100.50", look.Output, StringComparison.Ordinal);
        Assert.Equal("", look.Error);

        // The router forwards the port: the two ends see different addresses.
        var friend = PortolanProgram.Run("lab", "run", "port-forward", "--at", "3", "--on", "friend", "--", "ss", "-Htn").Expect(0).Output;
        var web = PortolanProgram.Run("lab", "run", "port-forward", "--at", "3", "--on", "web", "--", "ss", "-Htn").Expect(0).Output;
        Assert.Contains("203.0.113.1:8080", friend, StringComparison.Ordinal);
        Assert.Contains("198.18.0.10:80", web, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "two-browsers has no step 9", "hint: its steps are 1 to 6; sockets are open at 1, 2, 3, 4, 5", "two-browsers", "--at", "9", "--",
        "true")]
    [InlineData("two-browsers has no step 0", "hint: its steps are 1 to 6", "two-browsers", "--at", "0", "--", "true")]
    [InlineData(
        "--at takes a step number, not 'last'", "hint: portolan lab run states plays", "states", "--at", "last", "--", "true")]
    [InlineData("--at needs a scenario; the lab office has none", "hint: leave out --at", "office", "--at", "1", "--", "true")]
    [InlineData("--at opens sockets for a command", "hint: write it after --", "states", "--at", "1")]
    [InlineData("--on names a host for a command", "hint: write it after --", "office", "--on", "web")]
    [InlineData("no host of the lab states is named 'pc'", "hint: its hosts are client, server", "states", "--on", "pc", "--", "true")]
    public void A_mistake_names_what_there_is(string message, string hint, params string[] words)
    {
        var result = PortolanProgram.Run(["lab", "run", .. words]).Expect(2);
        Assert.Contains($"portolan: {message}", result.Error, StringComparison.Ordinal);
        Assert.Contains(hint, result.Error, StringComparison.Ordinal);
    }
}
