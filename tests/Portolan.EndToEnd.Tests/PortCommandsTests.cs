using System.Globalization;
using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary>The chart, who, free and stop on a server that was just started.</summary>
public sealed class PortCommandsTests
{
    [Fact]
    public void The_chart_shows_a_server_that_was_just_started_with_its_pid()
    {
        using var server = new Server();

        var line =
            PortolanProgram.Run().Expect(0).Output.Split('\n').First(l => l.StartsWith($"{server.Port}/tcp ", StringComparison.Ordinal));

        Assert.Contains($" perl {server.Pid} ", line, StringComparison.Ordinal);
        Assert.Contains(" lo ", line, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_of_an_ordinary_user_says_how_many_owners_are_hidden()
    {
        using var server = new Server();

        var result = PortolanProgram.RunAsNobody().Expect(0);

        Assert.Matches("not root: [0-9]+ owners? hidden", result.Output.Split('\n')[0]);
        Assert.Contains("run as root to see them", result.Error, StringComparison.Ordinal);
        Assert.Matches($"(?m)^{server.Port}/tcp +lo +\\(hidden\\) root", result.Output);
    }

    [Fact]
    public void Who_names_the_holder_and_the_command_that_started_it()
    {
        using var server = new Server();

        var held = PortolanProgram.Run("who", server.Port).Expect(0).Output;
        var ports = PortolanProgram.Run("free", "--count", "2").Expect(0).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var free = PortolanProgram.Run("who", ports[0]).Expect(1).Output;

        // The kernel may choose a port that has a name.
        Assert.Matches($"^{server.Port}/tcp( \\([^)]+\\))? is held by perl {server.Pid} ", held);
        Assert.Contains(
            $"started by  {System.Diagnostics.Process.GetCurrentProcess().ProcessName} {Environment.ProcessId} <- ", held,
            StringComparison.Ordinal);
        Assert.Contains($"bound to    127.0.0.1:{server.Port}\n", held, StringComparison.Ordinal);
        Assert.Contains($"{ports[0]}/tcp: not in use; a bind works\n", free, StringComparison.Ordinal);
    }

    [Fact]
    public void An_ordinary_user_is_told_that_a_port_is_privileged()
    {
        var result = PortolanProgram.RunAsNobody("who", "1/tcp", "--json").Expect(1);

        using var document = JsonDocument.Parse(result.Output);
        var bind = document.RootElement.GetProperty("binds")[0];
        Assert.False(bind.GetProperty("free").GetBoolean());
        Assert.Contains(bind.GetProperty("reasons").EnumerateArray(), r => r.GetProperty("code").GetString() == "privileged");
        Assert.InRange(document.RootElement.GetProperty("nearestFree").GetInt32(), 1024, 65535);
    }

    [Fact]
    public void Stop_ends_the_server_and_the_port_is_free()
    {
        using var server = new Server();

        var planned = PortolanProgram.Run("stop", server.Port, "--dry-run").Expect(0);
        var refused = PortolanProgram.Run("stop", server.Port).Expect(2);
        var stopped = PortolanProgram.Run("stop", server.Port, "--yes").Expect(0);
        var again = PortolanProgram.Run("stop", server.Port, "--yes").Expect(1);

        Assert.Contains($"would send TERM to perl ({server.Pid})", planned.Output, StringComparison.Ordinal);
        Assert.Contains("hint: add --yes", refused.Error, StringComparison.Ordinal);
        Assert.Equal($"perl ({server.Pid}) ended after TERM\nport {server.Port} is free\n", stopped.Output);
        Assert.Contains("is not in use", again.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Stop_kills_a_server_that_ignores_the_request()
    {
        using var server = new Server("$SIG{TERM} = 'IGNORE';");

        var result = PortolanProgram.Run("stop", server.Port, "--yes", "--timeout", "0.3", "--json").Expect(0);

        using var document = JsonDocument.Parse(result.Output);
        Assert.Equal("killed", document.RootElement.GetProperty("steps")[0].GetProperty("result").GetString());
        Assert.True(document.RootElement.GetProperty("free").GetBoolean());
    }

    [Fact]
    public void On_a_terminal_stop_asks_first()
    {
        using var server = new Server();
        var script = Programs.Find("script", "/usr/bin/script");
        string[] words = ["-q", "-e", "-c", $"'{PortolanProgram.Path}' stop {server.Port}", "/dev/null"];

        var no = Programs.Run(script, words, input: "n\n").Expect(1);
        PortolanProgram.Run("who", server.Port).Expect(0);
        var yes = Programs.Run(script, words, input: "y\n").Expect(0);

        Assert.Contains("Go on? [y/N]", no.Output, StringComparison.Ordinal);
        Assert.Contains($"port {server.Port} is free", yes.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Stop_without_the_right_to_names_the_remedy()
    {
        using var server = new Server();

        var result = PortolanProgram.RunAsNobody("stop", server.Port, "--yes").Expect(4);

        Assert.Contains("hint: run the command again with sudo", result.Error, StringComparison.Ordinal);
        PortolanProgram.Run("who", server.Port).Expect(0);
    }

    /// <summary>A program that listens on a port of the kernel's choice until the test ends.</summary>
    private sealed class Server : IDisposable
    {
        private readonly RunningProgram _program;

        public Server(string prelude = "")
        {
            var perl = Programs.Find("perl", "/usr/bin/perl");
            const string Listen =
                "use Socket; $| = 1; socket(S, AF_INET, SOCK_STREAM, 0); bind(S, sockaddr_in(0, inet_aton('127.0.0.1'))); listen(S, 8); "
                    + "print +(sockaddr_in(getsockname(S)))[0], \" $$\\n\"; sleep 600;";
            _program = Programs.Start(perl, ["-e", prelude + Listen]);
            var words = _program.NextLine()!.Split(' ');
            Port = words[0];
            Pid = int.Parse(words[1], CultureInfo.InvariantCulture);
        }

        public string Port { get; }

        public int Pid { get; }

        public void Dispose() => _program.Dispose();
    }
}
