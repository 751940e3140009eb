using System.Globalization;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Lab;

/// <summary>
/// A lab that is stopped at any moment leaves nothing behind: no namespace, process, interface, mount or file. PORTOLAN_LONG=1 tries more
/// moments.
/// </summary>
public sealed class LabStoppedTests
{
    private const int LatestMilliseconds = 600;

    /// <summary>What is left of a network goes a little later than its last process.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    /// <summary>Much shorter than the commands of these tests last: who is signalled ends soon, however early that was.</summary>
    private static readonly TimeSpan Soon = TimeSpan.FromSeconds(60);

    private static readonly bool IsLong = Environment.GetEnvironmentVariable("PORTOLAN_LONG") == "1";

    private static readonly (string Signal, bool ToGroup)[] Ends = [
        ("KILL", false), ("TERM", true), ("INT", false), ("INT", true), ("TERM", false), ("KILL", true)];

    /// <summary>An ordinary user or root, with a command or without, and by what link.</summary>
    public static TheoryData<bool, bool, string> Ways => new()
    {
        { false, true, "tun" },
        { false, true, "cable" },
        { false, false, "tun" },
        { true, true, "cable" },
        { true, false, "cable" },
    };

    [Theory]
    [MemberData(nameof(Ways))]
    public void Nothing_is_left(bool ordinary, bool hasCommand, string link)
    {
        using var folder = new TemporaryFolder();
        var temporary = Directory.CreateDirectory(folder["temporary"]).FullName;
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0b111_111_111);
        File.SetUnixFileMode(temporary, (UnixFileMode)0b111_111_111);
        var mark = $"PORTOLAN_MARK={folder.Path}";
        var environment = new Dictionary<string, string?>(StringComparer.Ordinal)
        {
            ["PORTOLAN_MARK"] = folder.Path,
            ["TMPDIR"] = temporary,
        };

        // A command that says much, so that the capture grows, beside one that does nothing.
        Programs.Find("bash", "/bin/bash", "/usr/bin/bash");
        string[] words =
            ["lab", "run", "office", "--pcap", folder["lab.pcapng"],
                .. hasCommand
                    ? (string[])["--", "/bin/bash", "-c", "sleep 600 & while :; do echo word >/dev/udp/198.18.1.10/9; done 2>/dev/null"]
                    : []];
        string[] command = ordinary ? PortolanProgram.AsNobody(words) : [PortolanProgram.Path, .. words];
        var random = new Random(Environment.TickCount);
        var before = Traces.Take(mark, temporary);
        Assert.Equal("", before.Processes);
        var ends = IsLong ? [.. Enumerable.Repeat(Ends, 20).SelectMany(static e => e)] : random.GetItems(Ends, 3);
        foreach (var (signal, toGroup) in ends)
        {
            var moment = random.Next(LatestMilliseconds);
            var what = string.Create(CultureInfo.InvariantCulture, $"SIG{signal} after {moment} ms{(toGroup ? " to its group" : "")}");
            Stop(link, command, environment, signal, toGroup, moment, what);
            var after = before;
            Assert.True(
                SpinWait.SpinUntil(() => (after = Traces.Take(mark, temporary)) == before, Patience),
                $"{what}\nbefore: {before}\nafter: {after}");
            CaptureBlocks.Read(folder["lab.pcapng"]);
            File.Delete(folder["lab.pcapng"]);
        }
    }

    [Fact]
    public void Labs_that_are_killed_give_their_namespaces_back()
    {
        // A lab with a cable has two networks and one of each other kind. After three that left theirs there would be no room, and more are
        // killed than that.
        var script = $$"""
            [ ! -d /dev/net ] || mount -t tmpfs tmpfs /dev/net || exit 99
            for kind in net user mnt pid; do echo 6 >/proc/sys/user/max_${kind}_namespaces || exit 98; done
            run() { "$0" lab run office -- "$@"; }
            for moment in {{string.Join(' ', Enumerable.Range(0, IsLong ? 60 : 8).Select(static i => string.Create(CultureInfo.InvariantCulture, $"0.{i * 7 % 60:00}")))}}; do
                "$0" lab run office -- sleep 600 2>/dev/null & sleep $moment; kill -KILL $!; wait $! 2>/dev/null
            done
            # The kernel takes networks away a little later, and a busy one later still.
            try=0; until [ $try -ge 600 ] || run sh -c 'echo the last one runs' 2>/dev/null; do try=$((try+1)); sleep 0.1; done
            [ $try -lt 600 ] || run true
            """;
        var result = Programs.Run(
            Tool.Find("unshare"),
            ["--user", "--map-root-user", "--mount", "--propagation", "private", "/bin/sh", "-c", script, PortolanProgram.Path]).Expect(0);
        Assert.Equal("the last one runs\n", result.Output);
    }

    /// <summary>Starts it, sends the signal, and sees that it ends soon.</summary>
    private static void Stop(
        string link, string[] command, Dictionary<string, string?> environment, string signal, bool toGroup, int moment, string what)
    {
        // Where there is no TUN device the lab takes a cable. setsid(1) makes the group, which a terminal would signal as a whole.
        string[] whole = link == "cable" && PortolanProgram.IsRoot
            ? [Tool.Find("unshare"), "--mount", "--propagation", "private", "/bin/sh", "-c",
                "[ ! -d /dev/net ] || mount -t tmpfs tmpfs /dev/net; exec \"$@\"", "sh", .. command]
            : command;
        using var program = Programs.Start(Tool.Find("setsid"), whole, environment: environment);
        Thread.Sleep(moment);
        var sent = TimeProvider.System.GetTimestamp();
        var target = toGroup ? $"-{program.Id}" : $"{program.Id}";

        // The group is there a moment after the process.
        Assert.True(SpinWait.SpinUntil(() => Programs.Run("/bin/kill", ["-s", signal, "--", target]).ExitCode == 0, Soon));
        var result = program.Finish();
        Assert.NotEqual(0, result.ExitCode);
        Assert.True(TimeProvider.System.GetElapsedTime(sent) < Soon, $"{what}: it went on\n{result.Error}");
    }
}
