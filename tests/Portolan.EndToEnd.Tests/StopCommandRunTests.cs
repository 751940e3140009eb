using System.Text.Json;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests;

/// <summary><c>portolan stop</c> beside real programs: holders that fork, and parents that start them anew.</summary>
public sealed class StopCommandRunTests
{
    private const string Listener =
        "use Socket; socket(S, AF_INET, SOCK_STREAM, 0); setsockopt(S, SOL_SOCKET, SO_REUSEADDR, 1); "
        + "bind(S, sockaddr_in(shift, inet_aton('127.0.0.1'))) or exit 7; listen(S, 5); ";

    /// <summary>Each that is asked to end leaves the socket to a child that does the same.</summary>
    private const string Forking = Listener + "$SIG{TERM} = sub { if (!fork) { sleep 1 while 1 } exit 0 }; sleep 1 while 1;";

    [Fact]
    public void A_child_that_takes_over_the_socket_is_killed_after_the_time_to_end() => Netns.Run(() =>
    {
        var port = "7311";
        using var program = Programs.Start(Tool.Find("perl"), ["-e", Forking, port]);
        Await(port);

        var stopped = PortolanProgram.Run("stop", port, "--yes", "--timeout", "200ms").Expect(0);

        Assert.Contains(" had taken over the socket and was killed\n", stopped.Output, StringComparison.Ordinal);
        PortolanProgram.Run("who", port).Expect(1);
    });

    [Fact]
    public void Json_names_the_signal_that_each_process_got() => Netns.Run(() =>
    {
        var port = "7316";
        using var program = Programs.Start(Tool.Find("perl"), ["-e", Forking, port]);
        Await(port);

        var stopped = PortolanProgram.Run("stop", port, "--yes", "--timeout", "200ms", "--json").Expect(0);

        using var document = JsonDocument.Parse(stopped.Output);
        Assert.Equal(
            ["TERM", "KILL"], document.RootElement.GetProperty("steps").EnumerateArray().Select(s => s.GetProperty("signal").GetString()));
    });

    [Fact]
    public void One_yes_is_enough_for_several_ports() => Netns.Run(() =>
    {
        using var first = Programs.Start(Tool.Find("perl"), ["-e", Listener + "sleep 60", "7317"]);
        using var second = Programs.Start(Tool.Find("perl"), ["-e", Listener + "sleep 60", "7318"]);
        Await("7317");
        Await("7318");

        var stopped = Programs.Run(
            Programs.Find("script", "/usr/bin/script"),
            ["-q", "-e", "-c", $"'{PortolanProgram.Path}' stop 7317 7318", "/dev/null"], input: "y\n").Expect(0);

        Assert.Single(Regex.Matches(stopped.Output, "Go on"));
        PortolanProgram.Run("who", "7317").Expect(1);
        PortolanProgram.Run("who", "7318").Expect(1);
    });

    [Fact]
    public void A_shell_that_starts_the_holder_anew_is_named() => Netns.Run(() =>
    {
        var port = "7312";
        using var loop = Programs.Start(
            "/bin/sh", ["-c", "for i in 1 2 3 4 5 6 7 8; do perl -e \"$1\" \"$0\"; sleep 0.2; done", port, Listener + "sleep 60"]);
        Await(port);

        var stopped = PortolanProgram.Run("stop", port, "--yes").Expect(3);

        Assert.Matches(
            $@"port {port} is not free\n  ! perl \([0-9]+\) holds {port}/tcp now: (sh|dash) \({loop.Id}\) restarted it; "
            + $@"end that shell's loop with kill {loop.Id}\n", stopped.Output);
        loop.Signal("KILL");
        PortolanProgram.Run("stop", port, "--yes").Expect(0);
    });

    [Fact]
    public void Several_ports_of_one_program_are_free_after_one_stop() => Netns.Run(() =>
    {
        const string two = Listener + "socket(T, AF_INET, SOCK_STREAM, 0); bind(T, sockaddr_in(shift, inet_aton('127.0.0.1'))) or exit 7; "
            + "listen(T, 5); sleep 60;";
        using var program = Programs.Start(Tool.Find("perl"), ["-e", two, "7313", "7314"]);
        Await("7313");
        Await("7314");

        var stopped = PortolanProgram.Run("stop", "7313", "7314", "--yes").Expect(0);

        Assert.DoesNotContain("is not in use", stopped.Error, StringComparison.Ordinal);
        PortolanProgram.Run("who", "7314").Expect(1);
    });

    [Fact]
    public void A_holder_of_every_address_is_not_stopped_for_a_foreign_one() => Netns.Run(() =>
    {
        var wildcard = Listener.Replace("127.0.0.1", "0.0.0.0", StringComparison.Ordinal);
        using var program = Programs.Start(Tool.Find("perl"), ["-e", wildcard + "sleep 60", "7315"]);
        Await("7315");

        var refused = PortolanProgram.Run("stop", "203.0.113.9:7315", "--yes").Expect(1);

        Assert.StartsWith("portolan: 203.0.113.9 is not an address of this machine\n", refused.Error, StringComparison.Ordinal);
        var asked = PortolanProgram.Run("who", "203.0.113.9:7315").Expect(1);
        Assert.Contains("203.0.113.9 is not an address of this machine", asked.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("perl", asked.Output, StringComparison.Ordinal);
        PortolanProgram.Run("who", "7315").Expect(0);
    });

    private static void Await(string port) =>
        Assert.True(SpinWait.SpinUntil(() => PortolanProgram.Run("who", port).ExitCode == 0, TimeSpan.FromSeconds(30)));
}
