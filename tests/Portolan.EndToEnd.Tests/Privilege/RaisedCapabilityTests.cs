using System.Globalization;
using System.Text.RegularExpressions;
using Portolan.EndToEnd.Tests.Checking;
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
            SpinWait.SpinUntil(
                () => (threads = Directory.GetDirectories(string.Create(
                    CultureInfo.InvariantCulture, $"/proc/{running.Id}/task"))).Length > 3, TimeSpan.FromMinutes(1)),
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
        Assert.True(AssertSeparate(how, File.ReadAllLines(folder["trace"])) > 0, "nothing was raised");
    }

    [Theory]
    [InlineData("=p", "check https://198.18.0.2/")]
    [InlineData("=ep", "check https://198.18.0.2/")]
    [InlineData("=p", "port 80")]
    [InlineData("=ep", "scan --resume")]
    [InlineData("=p", "list -tlnp --color always")]
    [InlineData("=p", "doctor")]
    public void What_the_environment_names_is_opened_with_none_in_effect(string how, string line)
    {
        var strace = Programs.Find("strace", "/usr/bin/strace");
        using var lab = new CheckLab();
        File.SetUnixFileMode(lab.Folder.Path, (UnixFileMode)0b111_101_101);
        var certificates = new TestCertificates(lab.Folder.Path);
        ServeTls(lab, certificates);
        var shut = Directory.CreateDirectory(lab.Folder["shut"], (UnixFileMode)0b111_000_000).FullName;
        foreach (var below in new[] { "portolan", ".local/share/portolan", ".local/state/portolan" })
        {
            Directory.CreateDirectory(Path.Combine(shut, below));
        }

        File.Copy(certificates.RootFile, Path.Combine(shut, "root.pem"));
        string[] folders = ["HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "TERMINFO", "SSL_CERT_DIR"];
        string[] variables = [.. folders.Select(name => $"{name}={shut}"), $"SSL_CERT_FILE={shut}/root.pem", "TERM=xterm"];
        var words = program.CommandLine(GrantedProgram.Everything + how, line.Split(' '));
        string[] traced = [strace, "-f", "-o", lab.Folder["trace"], "-e", "trace=capset,%file,process", .. words];
        lab.Client.Execute("/usr/bin/env", input: null, [.. variables, .. traced]);

        var trace = File.ReadAllLines(lab.Folder["trace"]);
        AssertSeparate(how, trace);

        // The folder itself may be looked at.
        string[] harmless = ["execve(", $"stat(\"{shut}\""];
        var named = trace.Where(
            call => call.Contains($"\"{shut}", StringComparison.Ordinal) && !harmless.Any(h => call.Contains(h, StringComparison.Ordinal)))
            .ToList();
        Assert.All(named, static call => Assert.Contains("= -1 EACCES", call, StringComparison.Ordinal));
        Assert.True(named.Count > 0 || line is "doctor" or "list -tlnp --color always", "nothing that the environment names was opened");
    }

    /// <summary>
    /// Whoever may read the file has the server trusted; of a file of root's the capability that the program has says nothing.
    /// </summary>
    [Theory]
    [InlineData("=p", "SSL_CERT_FILE")]
    [InlineData("=ep", "SSL_CERT_FILE")]
    [InlineData("=p", "SSL_CERT_DIR")]
    [InlineData("=ep", "SSL_CERT_DIR")]
    public void An_authority_that_only_root_may_read_makes_no_certificate_trusted(string how, string name)
    {
        using var lab = new CheckLab();
        File.SetUnixFileMode(lab.Folder.Path, (UnixFileMode)0b111_101_101);
        var certificates = new TestCertificates(lab.Folder.Path);
        ServeTls(lab, certificates);
        var folder = Directory.CreateDirectory(lab.Folder["authorities"], (UnixFileMode)0b111_101_101).FullName;
        var file = Path.Combine(folder, "root.pem");
        File.Copy(certificates.RootFile, file);
        var isFile = name == "SSL_CERT_FILE";
        string[] variables = [
            "HOME=/nonexistent", $"{name}={(isFile ? file : folder)}", $"{(isFile ? "SSL_CERT_DIR" : "SSL_CERT_FILE")}=/nonexistent"];
        var words = program.CommandLine(GrantedProgram.Everything + how, "check", "https://198.18.0.2/");
        int Check() => lab.Client.Execute("/usr/bin/env", input: null, [.. variables, .. words]).ExitCode;

        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        Assert.Equal(0, Check());
        File.SetUnixFileMode(file, (UnixFileMode)0b110_000_000);
        Assert.True(Check() is 1 or 4);
        File.SetUnixFileMode(file, (UnixFileMode)0b110_100_100);
        File.SetUnixFileMode(folder, (UnixFileMode)0b111_000_000);
        Assert.True(Check() is 1 or 4);
    }

    private static void ServeTls(CheckLab lab, TestCertificates certificates)
    {
        var (certificate, key) = certificates.Make(-1, 30, "www.example.test", "198.18.0.2");
        lab.Serve(
            443, Programs.Find("openssl", "/usr/bin/openssl"), "s_server", "-accept", "443", "-cert", certificate, "-key", key, "-www",
            "-quiet");
    }

    /// <summary>Checks that while a capability is in effect only files of the kernel are opened, and nothing is started.</summary>
    /// <returns>How often one was raised.</returns>
    private static int AssertSeparate(string how, string[] trace)
    {
        var start = Array.FindIndex(
            trace, static l => l.Contains("execve(", StringComparison.Ordinal) && l.Contains("/portolan\"", StringComparison.Ordinal));
        Assert.True(start >= 0, string.Join('\n', trace.Take(20)));

        // A program that is granted =ep begins with what it must drop first of all, before any thread of its exists.
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
                Assert.True(
                    KernelFile().IsMatch(named.Groups[2].Value)
                        || !named.Groups[2].Value.StartsWith('/') && named.Groups[1].Value != "AT_FDCWD", call);
            }
            else if (raised.Contains(thread))
            {
                Assert.False(Starting().IsMatch(call), call);
            }
        }

        return count;
    }

    [GeneratedRegex(@" \w+\((?:(AT_FDCWD|\d+), )?""([^""]*)""")]
    private static partial Regex Named();

    [GeneratedRegex(@"^/proc(/|$)|^/sys(/|$)|^/run/(docker/)?netns/|^/dev/net/tun$")]
    private static partial Regex KernelFile();

    [GeneratedRegex(@" (clone3?|v?fork|execve)\(")]
    private static partial Regex Starting();
}
