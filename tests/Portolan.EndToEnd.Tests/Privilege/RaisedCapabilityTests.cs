using System.Globalization;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Support;

namespace Portolan.EndToEnd.Tests.Privilege;

/// <summary>When capabilities are in effect: around system calls that need them, on the thread that makes them.</summary>
public sealed partial class RaisedCapabilityTests(GrantedProgram program) : IClassFixture<GrantedProgram>
{
    [Theory]
    [InlineData("=p")]
    [InlineData("=ep")]
    public void No_thread_of_a_program_at_rest_has_one_in_effect(string how)
    {
        var words = program.CommandLine(GrantedProgram.Everything + how, "forward", "127.0.0.1:0", "127.0.0.1:9", "--threads", "3");
        using var running = Programs.Start(words[0], words[1..]);
        Assert.StartsWith("forwarding", running.NextLine(), StringComparison.Ordinal);
        string[] threads = [];
        Assert.True(
            SpinWait.SpinUntil(() => (threads = Directory.GetDirectories(string.Create(CultureInfo.InvariantCulture, $"/proc/{running.Id}/task"))).Length > 3, TimeSpan.FromMinutes(1)),
            "several threads");
        Assert.All(threads, static thread =>
        {
            var status = File.ReadAllText(Path.Combine(thread, "status"));
            Assert.Matches("CapEff:\t0000000000000000\n", status);
            Assert.DoesNotMatch("CapPrm:\t0000000000000000\n", status);
        });
        running.Signal("INT");
        running.Finish();
    }

    [Theory]
    [InlineData("=p", "list -tulnp")]
    [InlineData("=ep", "list -tulnp")]
    [InlineData("=p", "list -tln --all-namespaces --owners proc")]
    [InlineData("=p", "")]
    [InlineData("=p", "doctor")]
    [InlineData("=ep", "doctor")]
    [InlineData("=p", "explain 80")]
    [InlineData("=p", "explain 80 --rules /etc/hostname")]
    [InlineData("=p", "firewall show")]
    [InlineData("=p", "who 80")]
    [InlineData("=p", "scan -sS -Pn -n -p 1-20 127.0.0.1 -iL /dev/null")]
    public void While_one_is_in_effect_nothing_is_opened_but_files_of_the_kernel_and_nothing_is_started(string how, string line)
    {
        var strace = Programs.Find("strace", "/usr/bin/strace");
        using var folder = new TemporaryFolder();
        var words = program.CommandLine(GrantedProgram.Everything + how, line.Split(' ', StringSplitOptions.RemoveEmptyEntries));
        Programs.Run(strace, ["-f", "-o", folder["trace"], "-e", "trace=capset,%file,process", .. words]);
        var trace = File.ReadAllLines(folder["trace"]);
        var start = Array.FindIndex(trace, static l => l.Contains("execve(", StringComparison.Ordinal) && l.Contains("/portolan\"", StringComparison.Ordinal));
        Assert.True(start >= 0, string.Join('\n', trace.Take(20)));

        // A program that is granted =ep begins with what it must drop first of all, before any thread of its exists.
        var own = trace[start].Split(' ')[0];
        var raised = new HashSet<string>(StringComparer.Ordinal);
        var count = 0;
        if (how == "=ep")
        {
            var first = Array.FindIndex(trace, start + 1, static l => l.Contains("capset(", StringComparison.Ordinal));
            Assert.DoesNotContain(trace[start..first], static l => l.Contains("clone", StringComparison.Ordinal));
            Assert.Contains("effective=0,", trace[first], StringComparison.Ordinal);
            start = first;
        }

        foreach (var call in trace[(start + 1)..])
        {
            var thread = call.Split(' ')[0];
            if (call.Contains("capset(", StringComparison.Ordinal))
            {
                if (call.Contains("effective=0,", StringComparison.Ordinal))
                {
                    raised.Remove(thread);
                }
                else
                {
                    raised.Add(thread);
                    count++;
                }
            }
            else if (raised.Contains(thread) && Named().Match(call) is { Success: true } named)
            {
                Assert.True(KernelFile().IsMatch(named.Groups[2].Value) || !named.Groups[2].Value.StartsWith('/') && named.Groups[1].Value != "AT_FDCWD", call);
            }
            else if (raised.Contains(thread))
            {
                Assert.False(Starting().IsMatch(call), call);
            }
        }

        Assert.True(count > 0, $"nothing was raised by {own}");
    }

    [GeneratedRegex(@" \w+\((?:(AT_FDCWD|\d+), )?""([^""]*)""")]
    private static partial Regex Named();

    [GeneratedRegex(@"^/proc(/|$)|^/sys(/|$)|^/run/(docker/)?netns/|^/dev/net/tun$")]
    private static partial Regex KernelFile();

    [GeneratedRegex(@" (clone3?|v?fork|execve)\(")]
    private static partial Regex Starting();
}
