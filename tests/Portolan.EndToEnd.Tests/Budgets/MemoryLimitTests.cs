using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Budgets;

/// <summary>
/// Under a limit of memory a command does its work, or says which limit that is: never a defect, a stack trace or a signal.
/// </summary>
public sealed class MemoryLimitTests : IDisposable
{
    /// <summary>
    /// One of each kind: netlink alone, rules, threads, tasks, packets, the store, tracepoints, tables, the server program. The last two
    /// fill any small heap.
    /// </summary>
    private static readonly string[] Commands =
    [
        "", "list", "list --json", "version", "port 443", "who 22", "free", "scan -n -p 1-100 127.0.0.1", "scan -sT -n -p 1-100 127.0.0.1",
        "check --timeout 1 127.0.0.1:22", "explain 22", "--store $S", "history --store $S", "traffic --for 0.1", "doctor", "firewall show",
        "lab list", "lab run office -- true", "diff $L $L", "scan -n -sT -p 1 -iL $T --exclude 0.0.0.0/0",
    ];

    private readonly TemporaryFolder _folder = new();

    public MemoryLimitTests()
    {
        File.WriteAllLines(
            _folder["list"],
            Enumerable.Range(0, 600_000).Select(i => $"open tcp {(i % 60_000) + 1} 10.{i >> 16}.{i >> 8 & 255}.{i & 255} 1795231926")
                .Prepend("#masscan").Append("# end"));
        File.WriteAllLines(
            _folder["targets"], Enumerable.Range(0, 900_000).Select(i => $"{(i / 62_500) + 1}.{i / 250 % 250}.{i % 250}.7"));
    }

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(100_000)]
    [InlineData(104_000)]
    [InlineData(108_000)]
    [InlineData(116_000)]
    [InlineData(124_000)]
    [InlineData(150_000)]
    [InlineData(200_000)]
    [InlineData(300_000)]
    [InlineData(500_000)]
    public void A_command_without_enough_address_space_says_so_and_how_to_get_it(int limit)
    {
        foreach (var command in Commands)
        {
            var result = Run('v', limit, command);

            var what = $"ulimit -v {limit}; portolan {command}: exit code {result.ExitCode}\n{result.Error}";
            Assert.True(result.ExitCode is >= 0 and <= 3, what);
            foreach (var forbidden in (string[])["unexpected", "defect", "Unhandled", "   at ", "Exception"])
            {
                Assert.False(result.Error.Contains(forbidden, StringComparison.Ordinal), what);
            }

            if (result.ExitCode == 3)
            {
                Assert.True(
                    result.Error.Contains($"{limit} KiB", StringComparison.Ordinal)
                        && result.Error.Contains("hint: raise the limit before: ulimit -v unlimited", StringComparison.Ordinal), what);
            }
        }
    }

    [Theory]
    [InlineData('v', 60_000, "address space", "100000")]
    [InlineData('v', 99_999, "address space", "100000")]
    [InlineData('d', 10_000, "data memory", "20000")]
    public void Less_than_the_program_takes_to_start_is_said_too(char option, int limit, string what, string least)
    {
        var result = Run(option, limit, "version").Expect(3);

        Assert.StartsWith(
            $"portolan: out of memory: the limit of {what} is {limit} KiB, and the program takes {least} KiB to start\n"
                + $"hint: raise the limit before: ulimit -{option} unlimited (as root where the hard limit is lower; Limit",
            result.Error, StringComparison.Ordinal);
        Assert.Equal(2, result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length);
    }

    [Fact]
    public void Small_commands_do_their_work_with_what_the_program_takes_to_start()
    {
        foreach (var command in (string[])["list", "list --json", "version", "port 443", "free", "doctor"])
        {
            Run('v', 100_000, command).Expect(0);
        }
    }

    /// <summary>As in a container with little memory: the range of the heap is small there too.</summary>
    [Fact]
    public void A_heap_that_fills_its_limit_is_an_error_and_no_signal()
    {
        foreach (var limit in (string[])["1800000", "2000000", "2400000"])
        {
            var result = PortolanProgram.RunWith(
                new Dictionary<string, string?> { ["DOTNET_GCHeapHardLimit"] = limit }, "diff", _folder["list"], _folder["list"]).Expect(3);

            Assert.StartsWith("portolan: out of memory\nhint: free memory, or raise the limit", result.Error, StringComparison.Ordinal);
        }
    }

    /// <summary>A user of its own, so that nobody else's processes count.</summary>
    [Fact]
    public void A_refused_thread_is_not_called_a_lack_of_memory()
    {
        Assert.SkipUnless(PortolanProgram.IsRoot, "only root can become another user");
        var program = PortolanProgram.AsNobody(["scan", "-sT", "-n", "-p", "1-100", "127.0.0.1"]).SkipWhile(word => word != "--").ToArray();

        var result = InNetwork(
            "exec prlimit --nproc=2 setpriv --reuid 4242420 --regid 65534 --clear-groups \"$@\"", program).Expect(3);

        Assert.Contains(
            "portolan: no thread could be started: the process limit is reached, or memory is full\n", result.Error,
            StringComparison.Ordinal);
        Assert.Contains("hint: raise the limit before: ulimit -u", result.Error, StringComparison.Ordinal);
    }

    private RunResult Run(char option, int limit, string command) => InNetwork(
        $"ulimit -c 0; ulimit -{option} {limit}; P=$1 S=$2 L=$3 T=$4; exec timeout 60 \"$P\" {command}",
        [PortolanProgram.Path, _folder["store.db"], _folder["list"], _folder["targets"]]);

    private static RunResult InNetwork(string script, string[] words) => Programs.Run(
        Programs.Find("unshare", "/usr/bin/unshare"), ["--net", "/bin/sh", "-c", $"ip link set lo up; {script}", "sh", .. words]);
}
